/** The entries of a connection inspector: everything that passes a connection. */

import type { SwitchboardError } from './error.js';
import type { ConnectionStatus } from './types.js';

/** `connection` counts the sockets' owners from 1: rooms with credentials of their own have one each. */
interface Entry {
  readonly connection: number;
  /** Milliseconds, by this machine's clock. */
  readonly at: number;
}

/** A WebSocket frame as it passed, with the envelope of Web PubSub. */
export interface FrameEntry extends Entry {
  readonly kind: 'frame';
  readonly direction: 'in' | 'out';
  /** In bytes of UTF-8. */
  readonly size: number;
  /** The envelope's type: `message`, `event`, `ack`, `ping`, `pong`, `system`, `sequenceAck` … */
  readonly envelope: string;
  /** The type of our frame inside, if there is one. */
  readonly type: string | undefined;
  /** The whole frame as text. Tokens in it are replaced by `…`. */
  readonly text: string;
  /** Whether the frame was dropped: `repeat` was seen before, `untrusted` pretends to come from the server. */
  readonly dropped?: 'repeat' | 'untrusted' | undefined;
}

export interface StatusEntry extends Entry {
  readonly kind: 'status';
  readonly status: ConnectionStatus;
  readonly error?: SwitchboardError | undefined;
  /** How often this connection was recovered, and how often it was replaced by another one. */
  readonly recoveries: number;
  readonly reconnects: number;
}

/** An answer of negotiate. Its URL and token are credentials: do not log them. */
export interface NegotiatedEntry extends Entry {
  readonly kind: 'negotiated';
  readonly answer: Negotiated;
  /** The claims of the client token, decoded but not verified. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  readonly durationMs: number;
}

/** Messages that arrived by history instead of their broadcast. */
export interface RecoveredEntry extends Entry {
  readonly kind: 'recovered';
  /** The group of the conversation, such as `chat:<id>`. */
  readonly group: string;
  readonly messages: number;
}

/** The sign-in was renewed on the live connection. */
export interface AuthenticatedEntry extends Entry {
  readonly kind: 'authenticated';
  readonly expiresAt: string | undefined;
}

export type InspectEntry =
  | FrameEntry
  | StatusEntry
  | NegotiatedEntry
  | RecoveredEntry
  | AuthenticatedEntry;

/** The answer of `negotiate`. */
export interface Negotiated {
  readonly url: string;
  readonly userId: string;
  readonly roles: readonly string[];
  readonly hub: string;
  readonly room: string | null;
  readonly expiresIn: number;
  readonly expiresAt: string;
  readonly groups: readonly string[];
  readonly baseUrl?: string | undefined;
  readonly accessToken?: string | undefined;
}
