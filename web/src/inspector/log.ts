/** The record of everything that passed the connection, for the inspector. */

import type {
  ConnectionStatus,
  InspectEntry,
  NegotiatedEntry,
  StatusEntry,
  Switchboard,
} from '@switchboard/client';

/** How many entries are kept. */
const MAX_ENTRIES = 3000;
/** How many seconds of traffic the pulse shows. */
export const PULSE_SECONDS = 40;

export type Numbered = InspectEntry & { readonly number: number };

export interface Totals {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly recovered: number;
  readonly renewals: number;
}

export interface LogSnapshot {
  readonly entries: readonly Numbered[];
  readonly totals: Totals;
  /** The last status of each connection. */
  readonly statuses: ReadonlyMap<number, StatusEntry>;
  readonly negotiated: ReadonlyMap<number, NegotiatedEntry>;
  /** Frames in each of the last seconds, oldest first. */
  readonly pulse: readonly number[];
}

const NOTHING: Totals = {
  framesIn: 0,
  framesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  recovered: 0,
  renewals: 0,
};

export class InspectorLog {
  #entries: Numbered[] = [];
  #totals: Totals = NOTHING;
  #statuses = new Map<number, StatusEntry>();
  #negotiated = new Map<number, NegotiatedEntry>();
  #perSecond = new Map<number, number>();
  #next = 1;
  #isScheduled = false;
  #snapshot: LogSnapshot = this.#take();
  readonly #listeners = new Set<() => void>();

  /** Records a client from now on. Returns what ends it. */
  record(switchboard: Switchboard): () => void {
    return switchboard.on('inspect', (entry) => this.#add(entry));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): LogSnapshot => this.#snapshot;

  clear(): void {
    this.#entries = [];
    this.#publish();
  }

  #add(entry: InspectEntry): void {
    this.#entries.push({ ...entry, number: this.#next++ });
    if (this.#entries.length > MAX_ENTRIES) this.#entries = this.#entries.slice(-MAX_ENTRIES / 2);
    this.#count(entry);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Many frames may arrive at once; one drawing for all of them is enough.
    setTimeout(() => this.#publish(), 50);
  }

  #count(entry: InspectEntry): void {
    const totals = this.#totals;
    switch (entry.kind) {
      case 'frame': {
        const isIn = entry.direction === 'in';
        this.#totals = {
          ...totals,
          framesIn: totals.framesIn + (isIn ? 1 : 0),
          framesOut: totals.framesOut + (isIn ? 0 : 1),
          bytesIn: totals.bytesIn + (isIn ? entry.size : 0),
          bytesOut: totals.bytesOut + (isIn ? 0 : entry.size),
        };
        const second = Math.floor(entry.at / 1000);
        this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1);
        break;
      }
      case 'status':
        this.#statuses.set(entry.connection, entry);
        break;
      case 'negotiated':
        this.#negotiated.set(entry.connection, entry);
        break;
      case 'recovered':
        this.#totals = { ...totals, recovered: totals.recovered + entry.messages };
        break;
      case 'authenticated':
        this.#totals = { ...totals, renewals: totals.renewals + 1 };
        break;
    }
  }

  #publish(): void {
    this.#isScheduled = false;
    this.#snapshot = this.#take();
    for (const listener of this.#listeners) listener();
  }

  #take(): LogSnapshot {
    const now = Math.floor(Date.now() / 1000);
    for (const second of this.#perSecond.keys()) {
      if (second < now - PULSE_SECONDS) this.#perSecond.delete(second);
    }
    return {
      entries: [...this.#entries],
      totals: this.#totals,
      statuses: new Map(this.#statuses),
      negotiated: new Map(this.#negotiated),
      pulse: Array.from(
        { length: PULSE_SECONDS },
        (_, index) => this.#perSecond.get(now - PULSE_SECONDS + 1 + index) ?? 0,
      ),
    };
  }
}

/** Most important first: a connection that is being made, then one that works, then a refusal. */
const FOREMOST: readonly ConnectionStatus[] = [
  'reconnecting',
  'recovering',
  'connecting',
  'connected',
  'failed',
];

/** The status of all connections as one. A room that was refused does not hide those that work. */
export function overallStatus(statuses: ReadonlyMap<number, StatusEntry>): ConnectionStatus {
  const all = [...statuses.values()].map((entry) => entry.status);
  return FOREMOST.find((status) => all.includes(status)) ?? 'idle';
}

const WORDS: Record<ConnectionStatus, string> = {
  idle: 'Idle',
  connecting: 'Connecting',
  connected: 'Connected',
  recovering: 'Recovering',
  reconnecting: 'Reconnecting',
  failed: 'Failed',
  closed: 'Closed',
};

export const statusWord = (status: ConnectionStatus): string => WORDS[status];

export function statusTone(status: ConnectionStatus): 'good' | 'warn' | 'bad' | '' {
  if (status === 'connected') return 'good';
  if (status === 'failed') return 'bad';
  return status === 'idle' || status === 'closed' ? '' : 'warn';
}
