/** The entry point: a connection to a Switchboard back end, shared by all that a page shows. */

import type { AudioStream } from './audio.js';
import type { ChatList } from './chats.js';
import type { Conversation } from './conversation.js';
import type { Device } from './device.js';
import { SwitchboardError } from './error.js';
import type { Http } from './http.js';
import type { InspectEntry } from './inspect.js';
import type { Notifications } from './notifications.js';
import { Observable } from './observable.js';
import type { OrgEvents } from './org-events.js';
import type { ConnectionStatus } from './types.js';

export interface SwitchboardOptions {
  /** The address of the API, for instance `https://app.azurewebsites.net/api`. Default: `/api` of this origin. */
  api?: string;
  /**
   * The user's sign-in token, as fresh as it can be had. Called for each negotiation and each HTTP
   * call, and again shortly before the token ends, to renew the live connection. Without it the
   * caller is anonymous, or known by a cookie of the platform.
   */
  getToken?: () => string | null | Promise<string | null>;
  /** The user id of an anonymous caller; otherwise a display name. */
  username?: string;
  /** How long to wait for the reply to a frame before it is sent again. Default: 15 s. */
  requestTimeoutMs?: number;
  /**
   * Asks for missed messages this often, although nothing points to any. Not needed with Azure,
   * which keeps messages for a broken socket. Default: 0, never.
   */
  syncIntervalMs?: number;
  /** Replaces the platform's `fetch`. */
  fetch?: typeof fetch;
}

export interface RoomOptions {
  /** Default: `reader`. */
  role?: 'reader' | 'writer';
  password?: string;
  /** The code of an invite. It is spent by the first connection; the user is a member from then on. */
  invite?: string;
}

export interface SwitchboardState {
  readonly status: ConnectionStatus;
  /** Known after the first negotiation. */
  readonly userId: string | null;
  /** When the sign-in ends, in milliseconds; `null` if it does not, or is not known. */
  readonly signInEndsAt: number | null;
  /** Why the status is `failed`, or why the last attempt failed. */
  readonly error: SwitchboardError | null;
}

export interface SwitchboardEvents {
  inspect: InspectEntry;
  /** Errors that belong to no single call, such as a sign-in that cannot be renewed. */
  error: SwitchboardError;
}

/**
 * Connects with the first object that is requested, and adds later ones to the same connection.
 * Rooms with a password, an invite or another role have a connection of their own, because these
 * count for all rooms of one negotiation.
 *
 * The same arguments return the same object, and each request must be released with `close`.
 */
export class Switchboard extends Observable<SwitchboardState, SwitchboardEvents> {
  readonly http!: Http;

  constructor(options: SwitchboardOptions = {}) {
    super({ status: 'idle', userId: null, signInEndsAt: null, error: null });
    void options;
  }

  room(id: string, options?: RoomOptions): Conversation {
    throw new Error(`${id} ${options}`);
  }
  chat(id: string): Conversation {
    throw new Error(id);
  }
  session(id: string): Conversation {
    throw new Error(id);
  }
  chats(): ChatList {
    throw new Error();
  }
  notifications(): Notifications {
    throw new Error();
  }
  orgEvents(orgId: string): OrgEvents {
    throw new Error(orgId);
  }
  device(deviceId: string): Device {
    throw new Error(deviceId);
  }
  audio(): AudioStream {
    throw new Error();
  }

  /** Renews the sign-in of the live connection now, with a token from `getToken`. */
  renewSignIn(): Promise<void> {
    throw new Error();
  }

  /** Cuts the sockets as a network fault does, so that recovery can be watched. Returns how many. */
  dropSocket(): number {
    throw new Error();
  }

  /** Ends all connections. Messages that wait are rejected with `closed`. */
  close(): void {
    throw new Error();
  }
}
