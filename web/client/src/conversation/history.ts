/** Loads what a conversation misses. */

import { SwitchboardError, asError } from '../error.js';
import type { Frame } from '../frames.js';
import type { Message } from '../types.js';
import type { Dialect, Part } from './dialect.js';
import type { MessageLog, Page } from './log.js';

const FIRST_PAGE = 50;
const FULL_PAGE = 200;
/** A message that overtook another is followed by it soon, without a request. */
const GAP_PATIENCE_MS = 100;

export interface HistoryEvents {
  /** The first page is there, or the conversation started over. */
  started(): void;
  /** Messages that no broadcast brought, or that waited for them. `missed` of them came by history. */
  added(messages: readonly Message[], missed: number): void;
  /** A page says which answers are being written. */
  answering(list: unknown): void;
  failed(error: SwitchboardError): void;
}

export class History {
  readonly #log: MessageLog;
  readonly #dialect: Dialect;
  readonly #request: (frame: Frame) => Promise<Frame>;
  readonly #events: HistoryEvents;
  #running: Promise<boolean> | undefined;
  #isWantedAgain = false;
  #gapTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    log: MessageLog,
    dialect: Dialect,
    request: (frame: Frame) => Promise<Frame>,
    events: HistoryEvents,
  ) {
    this.#log = log;
    this.#dialect = dialect;
    this.#request = request;
    this.#events = events;
  }

  /**
   * Requests the first page, later whatever follows the last message. Returns whether everything
   * is here now, and never rejects.
   */
  sync(): Promise<boolean> {
    if (this.#running !== undefined) this.#isWantedAgain = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** A number was seen whose message is not here. */
  expect(seq: number): void {
    if (!this.#log.isStarted || seq <= this.#log.last) return;
    clearTimeout(this.#gapTimer);
    this.#gapTimer = setTimeout(() => {
      if (seq > this.#log.last) void this.sync();
    }, GAP_PATIENCE_MS);
  }

  async older(before: number, limit: number): Promise<void> {
    this.#log.prepend(await this.#page({ before }, limit));
  }

  stop(): void {
    clearTimeout(this.#gapTimer);
  }

  async #run(): Promise<boolean> {
    try {
      do {
        this.#isWantedAgain = false;
        await (this.#log.isStarted ? this.#catchUp() : this.#start());
      } while (this.#isWantedAgain);
      return true;
    } catch (error) {
      this.#events.failed(asError(error));
      return false;
    }
  }

  async #start(): Promise<void> {
    const page = await this.#page({}, FIRST_PAGE);
    const added = this.#log.start(page);
    this.#events.started();
    if (added.length > 0) this.#events.added(added, 0);
    if (this.#log.hasGap) this.#isWantedAgain = true;
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const last = this.#log.last;
      const page = await this.#page({ after: last }, FULL_PAGE);
      if (page.lastSeq < last) {
        // The conversation was deleted, and another one has its name.
        this.#log.clear();
        this.#isWantedAgain = true;
        return;
      }
      const missed = this.#log.append(page);
      if (missed.length > 0) this.#events.added(missed, missed.length);
      if (!page.hasMore) return;
    }
  }

  async #page(part: Part, limit: number): Promise<Page> {
    const reply = await this.#request(this.#dialect.history(part, limit));
    const page = this.#dialect.page(reply);
    if (page === undefined) {
      const details = { code: 'internal' };
      throw new SwitchboardError('the reply is not a page of this conversation', details);
    }
    this.#events.answering(reply['answering']);
    return page;
  }
}
