/** The messages of a conversation that are loaded: an unbroken piece of it, ordered by `seq`. */

import type { Message } from '../types.js';

/** A page of history, oldest first. */
export interface Page {
  readonly messages: readonly Message[];
  readonly lastSeq: number;
  /** Whether there is more in the direction that was requested. */
  readonly hasMore: boolean;
}

/** Keeps each message once and in its place, in whatever order and however often it arrives. */
export class MessageLog {
  #messages: readonly Message[] = [];
  /** The last message of the unbroken piece; 0 before there is one. */
  #last = 0;
  #isStarted = false;
  #hasOlder = false;
  /** Messages beyond a gap. */
  readonly #ahead = new Map<number, Message>();

  get messages(): readonly Message[] {
    return this.#messages;
  }

  get last(): number {
    return this.#last;
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Whether the first page is there. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  get hasGap(): boolean {
    return this.#ahead.size > 0;
  }

  /** Takes a message that was broadcast. Returns what it completes, in order. */
  offer(message: Message): readonly Message[] {
    if (message.seq <= this.#last) return [];
    this.#ahead.set(message.seq, message);
    return this.#isStarted ? this.#close() : [];
  }

  /** Takes the newest page. Returns what is newer than the page. */
  start(page: Page): readonly Message[] {
    this.#messages = page.messages;
    this.#last = page.messages.at(-1)?.seq ?? page.lastSeq;
    this.#hasOlder = page.hasMore;
    this.#isStarted = true;
    this.#forget();
    return this.#close();
  }

  /** Takes a page that begins after a message of the piece. Returns what is new. */
  append(page: Page): readonly Message[] {
    for (const message of page.messages) {
      if (message.seq > this.#last) this.#ahead.set(message.seq, message);
    }
    return this.#close();
  }

  /** Takes the page before the piece. */
  prepend(page: Page): void {
    const first = this.#messages[0]?.seq ?? this.#last + 1;
    const older = page.messages.filter((message) => message.seq < first);
    // A page for an earlier beginning would leave a gap.
    if (older.length > 0 && older.at(-1)?.seq !== first - 1) return;
    this.#messages = [...older, ...this.#messages];
    this.#hasOlder = page.hasMore;
  }

  /** Starts over: the conversation was deleted, and another one has its name. */
  clear(): void {
    this.#messages = [];
    this.#last = 0;
    this.#isStarted = false;
    this.#hasOlder = false;
    this.#ahead.clear();
  }

  #close(): readonly Message[] {
    const added: Message[] = [];
    for (let next = this.#ahead.get(this.#last + 1); next !== undefined; ) {
      added.push(next);
      this.#ahead.delete(next.seq);
      this.#last = next.seq;
      next = this.#ahead.get(this.#last + 1);
    }
    if (added.length > 0) this.#messages = [...this.#messages, ...added];
    return added;
  }

  #forget(): void {
    for (const seq of this.#ahead.keys()) {
      if (seq <= this.#last) this.#ahead.delete(seq);
    }
  }
}
