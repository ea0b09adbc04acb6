/** Own messages on their way: sent one after the other, so that they are stored in their order. */

import { SwitchboardError, asError } from '../error.js';
import type { Message, PendingMessage } from '../types.js';
import type { Draft } from './dialect.js';

/** Sends a draft, however often the connection breaks. Resolves with what is stored. */
export type Post = (draft: Draft, signal: AbortSignal) => Promise<Message>;

interface Entry {
  readonly draft: Draft;
  readonly queuedAt: number;
  state: PendingMessage['state'];
  error: SwitchboardError | undefined;
  abort: AbortController;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: SwitchboardError) => void;
}

export class Outbox {
  readonly #post: Post;
  readonly #changed: (pending: readonly PendingMessage[]) => void;
  #entries: Entry[] = [];
  #isSending = false;

  constructor(post: Post, changed: (pending: readonly PendingMessage[]) => void) {
    this.#post = post;
    this.#changed = changed;
  }

  /** Whether everything was sent, apart from what failed. */
  get isIdle(): boolean {
    return this.#entries.every((entry) => entry.state === 'failed');
  }

  add(draft: Draft): Promise<Message> {
    return new Promise((resolve, reject) => {
      const abort = new AbortController();
      const queuedAt = Date.now();
      this.#entries.push({
        draft,
        queuedAt,
        state: 'waiting',
        error: undefined,
        abort,
        resolve,
        reject,
      });
      this.#report();
      void this.#send();
    });
  }

  retry(id: string): void {
    const entry = this.#find(id);
    if (entry?.state !== 'failed') return;
    entry.state = 'waiting';
    entry.error = undefined;
    entry.abort = new AbortController();
    this.#report();
    void this.#send();
  }

  discard(id: string): void {
    const entry = this.#find(id);
    if (entry === undefined) return;
    this.#remove(entry);
    const discarded = new SwitchboardError('the message was discarded', { code: 'closed' });
    entry.reject(discarded);
    entry.abort.abort(discarded);
  }

  /** A message of this user was broadcast, maybe before its acknowledgement. */
  stored(message: Message): void {
    const entry = this.#find(message.id);
    if (entry === undefined) return;
    this.#remove(entry);
    entry.resolve(message);
    entry.abort.abort();
  }

  close(error: SwitchboardError): void {
    for (const entry of [...this.#entries]) {
      entry.abort.abort(error);
      entry.reject(error);
    }
    this.#entries = [];
    this.#report();
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (;;) {
      const entry = this.#entries.find(({ state }) => state === 'waiting');
      if (entry === undefined) break;
      entry.state = 'sending';
      this.#report();
      await this.#sendOne(entry);
    }
    this.#isSending = false;
  }

  async #sendOne(entry: Entry): Promise<void> {
    try {
      const message = await this.#post(entry.draft, entry.abort.signal);
      this.#remove(entry);
      entry.resolve(message);
    } catch (error) {
      // Discarded, or its broadcast came first.
      if (!this.#entries.includes(entry)) return;
      entry.state = 'failed';
      entry.error = asError(error);
      entry.reject(entry.error);
      this.#report();
    }
  }

  #find(id: string): Entry | undefined {
    return this.#entries.find(({ draft }) => draft.id === id);
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#report();
  }

  #report(): void {
    this.#changed(
      this.#entries.map(({ draft, state, error, queuedAt }) => ({
        id: draft.id,
        content: draft.content,
        fileId: draft.fileId,
        state,
        error,
        queuedAt,
      })),
    );
  }
}
