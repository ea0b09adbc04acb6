/** An object of a `Switchboard` that several views may share. */

import type { Subject } from './connection/environment.js';
import type { Target } from './connection/negotiate.js';
import type { TrustedFrame } from './connection/trust.js';
import type { SwitchboardError } from './error.js';
import { Observable } from './observable.js';
import type { Status } from './types.js';

interface ResourceState {
  readonly status: Status;
  readonly error: SwitchboardError | null;
}

/** Lives until each `acquire` was followed by a `close`. */
export abstract class Resource<State extends ResourceState, Events extends object>
  extends Observable<State, Events>
  implements Subject
{
  abstract readonly target: Target;
  #leases = 0;
  #isReleased = false;
  readonly #released: (() => void)[] = [];

  /** @internal */
  acquire(): this {
    this.#leases += 1;
    return this;
  }

  /** @internal Called once, when nobody needs the object any more. */
  onReleased(listener: () => void): void {
    this.#released.push(listener);
  }

  /** Releases the object. After the last release it receives nothing any more. */
  close(): void {
    this.#leases -= 1;
    if (this.#leases === 0) this.release();
  }

  /** @internal */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** @internal The switchboard is closed: nothing arrives and nothing can be sent any more. */
  abandon(): void {
    this.update({ status: 'closed' } as Partial<State>);
  }

  /** A subclass that has work to finish overrides this, and calls it later. */
  protected release(): void {
    if (this.#isReleased || this.#leases > 0) return;
    this.#isReleased = true;
    this.update({ status: 'closed' } as Partial<State>);
    for (const listener of this.#released) listener();
  }

  /** @internal */
  abstract online(): void;

  /** @internal */
  offline(): void {
    if (this.snapshot.status === 'ready') this.update({ status: 'offline' } as Partial<State>);
  }

  /** @internal */
  refused(error: SwitchboardError): void {
    this.update({ status: 'failed', error } as Partial<State>);
  }

  /** @internal */
  abstract receive(message: TrustedFrame): void;
}
