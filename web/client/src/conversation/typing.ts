/** Typing indicators. */

import type { Typist } from '../types.js';

/** While somebody writes, others hear of it this often. */
const REPEAT_MS = 2000;
/** Without another keystroke the user stopped. */
const PAUSE_MS = 3000;
/** Someone of whom nothing more is heard stopped: the last frame may be lost. */
const EXPIRE_MS = 6000;

/** The user's own typing. */
export class OwnTyping {
  readonly #tell: (isTyping: boolean) => void;
  #toldAt = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (isTyping: boolean) => void) {
    this.#tell = tell;
  }

  keystroke(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.stop(), PAUSE_MS);
    const now = Date.now();
    if (now - this.#toldAt < REPEAT_MS) return;
    this.#toldAt = now;
    this.#tell(true);
  }

  stop(): void {
    clearTimeout(this.#pause);
    if (this.#toldAt === 0) return;
    this.#toldAt = 0;
    this.#tell(false);
  }

  /** The message itself says that the user stopped. */
  sent(): void {
    clearTimeout(this.#pause);
    this.#toldAt = 0;
  }
}

/** Everybody else's. */
export class OthersTyping {
  readonly #changed: (typing: readonly Typist[]) => void;
  readonly #typists = new Map<string, { name: string; timer: ReturnType<typeof setTimeout> }>();

  constructor(changed: (typing: readonly Typist[]) => void) {
    this.#changed = changed;
  }

  heard(userId: string, name: string, isTyping: boolean): void {
    const before = this.#typists.get(userId);
    clearTimeout(before?.timer);
    if (isTyping) {
      const timer = setTimeout(() => this.heard(userId, name, false), EXPIRE_MS);
      this.#typists.set(userId, { name, timer });
    } else {
      this.#typists.delete(userId);
    }
    if ((before !== undefined) !== isTyping) this.#report();
  }

  clear(): void {
    for (const { timer } of this.#typists.values()) clearTimeout(timer);
    if (this.#typists.size === 0) return;
    this.#typists.clear();
    this.#report();
  }

  #report(): void {
    this.#changed([...this.#typists].map(([userId, { name }]) => ({ userId, name })));
  }
}
