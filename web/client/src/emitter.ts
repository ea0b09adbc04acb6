/** A typed event emitter. */

/** Ends a subscription. */
export type Unsubscribe = () => void;

type Listener<Value> = (value: Value) => void;

/** Events are the keys of `Events`; each value is the type that its listeners receive. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Calls `listener` for each event of this kind, until the returned function is called. */
  on<Kind extends keyof Events>(kind: Kind, listener: Listener<Events[Kind]>): Unsubscribe {
    let listeners = this.#listeners.get(kind);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(kind, listeners);
    }
    // A wrapper, so that a listener that is added twice is also removed twice.
    const own: Listener<Events[Kind]> = (value) => listener(value);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  /** Whether anybody listens: an event that is costly to make may be left out. */
  hasListeners(kind: keyof Events): boolean {
    return (this.#listeners.get(kind)?.size ?? 0) > 0;
  }

  protected emit<Kind extends keyof Events>(kind: Kind, value: Events[Kind]): void {
    const listeners = this.#listeners.get(kind);
    if (listeners === undefined) return;
    for (const listener of [...listeners] as Listener<Events[Kind]>[]) {
      try {
        listener(value);
      } catch (error) {
        // A faulty listener must not stop the connection, but nobody should overlook it either.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
