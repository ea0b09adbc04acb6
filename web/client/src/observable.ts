/** An object with a state that changes as a whole, as user interfaces like to read it. */

import { Emitter, type Unsubscribe } from './emitter.js';

/** `snapshot` is never modified: each change replaces it. */
export class Observable<State extends object, Events extends object = object> extends Emitter<
  Events & { change: State }
> {
  #snapshot: State;

  constructor(initial: State) {
    super();
    this.#snapshot = initial;
  }

  /** The state now. It is the same object until something changes. */
  get snapshot(): State {
    return this.#snapshot;
  }

  /** In the form that React's `useSyncExternalStore` expects. */
  readonly subscribe = (listener: () => void): Unsubscribe => this.on('change', listener);

  protected update(change: Partial<State>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.emit('change', this.#snapshot as (Events & { change: State })['change']);
  }
}
