/** Answers of the assistant while they are written. */

import { isA } from '../frames.js';
import type { Frame } from '../frames.js';
import type { Answer, Message } from '../types.js';

interface Writing {
  readonly run: number;
  readonly replyTo: number;
  readonly text: string;
  /** The last delta that `text` contains. */
  readonly index: number;
  readonly error: string | undefined;
}

/**
 * An answer may be written several times, because its writer may end before it is done: each time
 * is a run, and only the highest counts. Lost deltas are not repeated: the stored message replaces
 * whatever was shown.
 */
export class Answers {
  readonly #writing = new Map<string, Writing>();
  /** Answers that are over: late frames of theirs are dropped. */
  readonly #over = new Set<string>();

  get list(): readonly Answer[] {
    return [...this.#writing].map(([messageId, { run, replyTo, text, error }]) => ({
      messageId,
      run,
      replyTo,
      text,
      state: error === undefined ? 'streaming' : 'failed',
      error,
    }));
  }

  /** Returns whether something changed. */
  receive(frame: Frame): boolean {
    if (isA(frame, 'assistant.started')) return this.#started(frame);
    if (isA(frame, 'assistant.delta')) return this.#delta(frame);
    if (isA(frame, 'assistant.failed')) return this.#failed(frame);
    if (isA(frame, 'assistant.done')) return this.#remove(frame.messageId);
    return false;
  }

  /** Takes the answers under way from a page of history. */
  answering(list: unknown): boolean {
    if (!Array.isArray(list)) return false;
    let changed = false;
    for (const answer of list as (Writing & { messageId: string })[]) {
      const { messageId, run, replyTo, index, text } = answer;
      const before = this.#writing.get(messageId);
      const isOlder =
        before !== undefined &&
        (run < before.run || (run === before.run && index <= before.index));
      if (this.#over.has(messageId) || isOlder) continue;
      this.#writing.set(messageId, { run, replyTo, index, text, error: undefined });
      changed = true;
    }
    return changed;
  }

  /** A stored message: whether it ends an answer. */
  stored(message: Message): boolean {
    return message.senderId === 'assistant' && this.#remove(message.id);
  }

  #started(frame: { messageId: string; run: number; replyTo: number }): boolean {
    const { messageId, run, replyTo } = frame;
    const before = this.#writing.get(messageId);
    if (this.#over.has(messageId) || (before !== undefined && run <= before.run)) return false;
    this.#writing.set(messageId, { run, replyTo, text: '', index: -1, error: undefined });
    return true;
  }

  #delta(frame: { messageId: string; run: number; index: number; text: string }): boolean {
    const { messageId, run, index, text } = frame;
    const before = this.#writing.get(messageId);
    if (this.#over.has(messageId) || (before !== undefined && run < before.run)) return false;
    const isSameRun = before?.run === run;
    if (isSameRun && (index <= before.index || before.error !== undefined)) return false;
    this.#writing.set(messageId, {
      run,
      // The frame that began the run may be lost.
      replyTo: before?.replyTo ?? 0,
      text: isSameRun ? before.text + text : text,
      index,
      error: undefined,
    });
    return true;
  }

  #failed(frame: { messageId: string; run: number; error: string }): boolean {
    const { messageId, run, error } = frame;
    const before = this.#writing.get(messageId);
    if (this.#over.has(messageId) || (before !== undefined && run < before.run)) return false;
    const { replyTo = 0, text = '', index = -1 } = before ?? {};
    this.#writing.set(messageId, { run, replyTo, text, index, error });
    return true;
  }

  #remove(messageId: string): boolean {
    this.#over.add(messageId);
    return this.#writing.delete(messageId);
  }
}
