/** Makes the entries of a connection inspector, if anybody wants them. */

import type { FrameEntry, InspectEntry } from '../inspect.js';

type Report = ((entry: InspectEntry) => void) | undefined;

/** Tokens are credentials, and a page may show or copy what it gets. */
const CREDENTIALS = /"(token|reconnectionToken|accessToken)":"[^"]*"/g;

type MutableEntry = { -readonly [Field in keyof FrameEntry]: FrameEntry[Field] };

export class Inspector {
  readonly #connection: number;
  readonly #report: () => Report;
  /** The frame that is being handled, until it is known what became of it. */
  #current: MutableEntry | undefined;

  /** `report` returns nothing while nobody listens. */
  constructor(connection: number, report: () => Report) {
    this.#connection = connection;
    this.#report = report;
  }

  passed(direction: 'in' | 'out', text: string): void {
    const report = this.#report();
    if (report === undefined) return;
    const { envelope, type } = describe(text);
    const entry: MutableEntry = {
      kind: 'frame',
      connection: this.#connection,
      at: Date.now(),
      direction,
      size: new TextEncoder().encode(text).length,
      envelope,
      type,
      text: text.replace(CREDENTIALS, '"$1":"…"'),
    };
    if (direction === 'in') {
      this.#current = entry;
      // Microsoft's client drops what it has seen, so a message is a repeat until it arrives here.
      if (envelope === 'message') entry.dropped = 'repeat';
    }
    queueMicrotask(() => report(entry));
  }

  /** The message that passed last is being handled. */
  delivered(): void {
    if (this.#current !== undefined) delete this.#current.dropped;
  }

  /** It does not come from where it seems to come. */
  untrusted(): void {
    if (this.#current !== undefined) this.#current.dropped = 'untrusted';
  }

  report(entry: DistributiveOmit<InspectEntry, 'connection' | 'at'>): void {
    this.#report()?.({ ...entry, connection: this.#connection, at: Date.now() });
  }
}

type DistributiveOmit<Union, Keys extends PropertyKey> = Union extends unknown
  ? Omit<Union, Keys>
  : never;

function describe(text: string): { envelope: string; type: string | undefined } {
  try {
    const { type, event, data } = JSON.parse(text) as Record<string, unknown>;
    const inner = typeof data === 'object' && data !== null && 'type' in data ? data.type : event;
    return { envelope: String(type), type: typeof inner === 'string' ? inner : undefined };
  } catch {
    return { envelope: 'unreadable', type: undefined };
  }
}
