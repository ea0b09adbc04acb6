/** The parts of the package on both sides of a connection. */

import type { SwitchboardError } from '../error.js';
import type { Frame } from '../frames.js';
import type { Http } from '../http.js';
import type { Inspector } from './inspector.js';
import type { Target } from './negotiate.js';
import type { Envelope, TrustedFrame } from './trust.js';

/** An object that a connection serves. */
export interface Subject {
  readonly target: Target;
  /** Everything that is sent to the target from now on arrives. */
  online(): void;
  offline(): void;
  /** The server does not let this user in. Nothing follows. */
  refused(error: SwitchboardError): void;
  receive(trusted: TrustedFrame): void;
  /** A message that another client sent to a group. */
  receiveFromClient?(envelope: Envelope): void;
}

export interface Environment {
  readonly http: Http;
  readonly username: string | undefined;
  readonly requestTimeoutMs: number;
  readonly inspector: Inspector;
  readonly getToken: () => Promise<string | null>;
  /** The token of the last call of `http`. */
  readonly lastToken: () => string | null;
  readonly canRenew: boolean;
  changed(): void;
  received(frame: Frame): void;
  failed(error: SwitchboardError): void;
}
