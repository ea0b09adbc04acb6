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
  /** Deltas behind a missing one, by their index. They are shown when the history has filled it in. */
  readonly later: ReadonlyMap<number, string>;
  readonly error: string | undefined;
}

const UNKNOWN: Omit<Writing, 'run'> = {
  replyTo: 0,
  text: '',
  index: -1,
  later: new Map(),
  error: undefined,
};

/** Adds the deltas that follow the text without a gap, and forgets those that it contains. */
const joined = (writing: Writing): Writing => {
  let { text, index } = writing;
  const later = new Map(writing.later);
  for (;;) {
    const next = later.get(index + 1);
    if (next === undefined) break;
    text += next;
    index += 1;
  }
  for (const known of later.keys()) if (known <= index) later.delete(known);
  return { ...writing, text, index, later };
};

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

  /** Whether a delta is missing, which the history has about a second later. */
  get hasGap(): boolean {
    return [...this.#writing.values()].some(({ later, error }) => later.size > 0 && error === undefined);
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
    for (const answer of list as (Omit<Writing, 'later'> & { messageId: string })[]) {
      const { messageId, run, replyTo, index, text } = answer;
      const before = this.#writing.get(messageId);
      const isOlder =
        before !== undefined &&
        (run < before.run || (run === before.run && index <= before.index));
      if (this.#over.has(messageId) || isOlder) continue;
      const later = before?.run === run ? before.later : new Map<number, string>();
      this.#writing.set(messageId, joined({ run, replyTo, index, text, later, error: undefined }));
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
    this.#writing.set(messageId, { ...UNKNOWN, run, replyTo });
    return true;
  }

  #delta(frame: { messageId: string; run: number; index: number; text: string }): boolean {
    const { messageId, run, index, text } = frame;
    const before = this.#writing.get(messageId);
    if (this.#over.has(messageId) || (before !== undefined && run < before.run)) return false;
    const isSameRun = before?.run === run;
    if (isSameRun && (index <= before.index || before.error !== undefined)) return false;
    // The frame that began the run may be lost.
    const known = isSameRun ? before : { ...UNKNOWN, run, replyTo: before?.replyTo ?? 0 };
    const later = new Map(known.later).set(index, text);
    const next = joined({ ...known, later });
    this.#writing.set(messageId, next);
    return true;
  }

  #failed(frame: { messageId: string; run: number; error: string }): boolean {
    const { messageId, run, error } = frame;
    const before = this.#writing.get(messageId);
    if (this.#over.has(messageId) || (before !== undefined && run < before.run)) return false;
    this.#writing.set(messageId, { ...(before ?? UNKNOWN), run, error });
    return true;
  }

  #remove(messageId: string): boolean {
    this.#over.add(messageId);
    return this.#writing.delete(messageId);
  }
}
