/** The entry point: a connection to a Switchboard back end, shared by all that a page shows. */

import { AudioStream } from './audio.js';
import { ChatList } from './chats.js';
import { Connection } from './connection/connection.js';
import type { Environment, Subject } from './connection/environment.js';
import { Inspector } from './connection/inspector.js';
import type { RoomCredentials } from './connection/negotiate.js';
import { Conversation } from './conversation/conversation.js';
import type { ConversationLink } from './conversation/conversation.js';
import type { Kind } from './conversation/dialect.js';
import { Device } from './device.js';
import { closed } from './error.js';
import type { SwitchboardError } from './error.js';
import type { FeedLink } from './feed-link.js';
import type { ClientFrame, Frame } from './frames.js';
import { Http } from './http.js';
import type { InspectEntry } from './inspect.js';
import { Notifications } from './notifications.js';
import { Observable } from './observable.js';
import { OrgEvents } from './org-events.js';
import type { ConnectionStatus } from './types.js';

export interface SwitchboardOptions {
  /** The address of the API, for instance `https://app.azurewebsites.net/api`. Default: `/api` of this origin. */
  api?: string;
  /**
   * Returns the user's current sign-in token. Called for each negotiation and each HTTP
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
  /** Every frame of the server, also those that objects of this package handle. See `isA`. */
  frame: Frame;
  /** Errors that belong to no single call, such as a sign-in that cannot be renewed. */
  error: SwitchboardError;
}

const DEFAULT_TIMEOUT_MS = 15_000;
/** After each of these a socket may be dead without a sign. */
const NETWORK_EVENTS = ['online', 'offline', 'focus', 'pageshow'];
/** Targets other than rooms share the connection of the open rooms that this user may write to. */
const MAIN: RoomCredentials = { role: 'writer' };
/** The first of these that any connection has is the status of the whole. */
const SEVEREST: readonly ConnectionStatus[] = [
  'recovering',
  'reconnecting',
  'connecting',
  'connected',
  'failed',
];

/** A resource, whatever its state is. */
interface Shared extends Subject {
  acquire(): this;
  onReleased(listener: () => void): void;
  abandon(): void;
}

/**
 * Connects with the first object that is requested, and adds later ones to the same connection.
 * Rooms with a password, an invite or another role have a connection of their own, because these
 * count for all rooms of one negotiation.
 *
 * The same arguments return the same object, and each request must be released with `close`.
 */
export class Switchboard extends Observable<SwitchboardState, SwitchboardEvents> {
  readonly http: Http;
  readonly #options: SwitchboardOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #resources = new Map<string, Shared>();
  #lastToken: string | null = null;
  #isClosed = false;
  readonly #lookAgain = (): void => {
    for (const connection of this.#connections.values()) connection.lookAgain();
  };

  constructor(options: SwitchboardOptions = {}) {
    super({ status: 'idle', userId: null, signInEndsAt: null, error: null });
    this.#options = options;
    this.http = new Http({
      api: (options.api ?? '/api').replace(/\/$/, ''),
      getToken: () => this.#token(),
      fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    });
    for (const event of NETWORK_EVENTS) globalThis.addEventListener?.(event, this.#lookAgain);
  }

  room(id: string, options: RoomOptions = {}): Conversation {
    const { role = 'reader', password, invite } = options;
    const credentials = { role, password, invite };
    return this.#conversation('room', id, credentials, JSON.stringify(credentials));
  }

  chat(id: string): Conversation {
    return this.#conversation('chat', id, MAIN, '');
  }

  /** The id is a UUID. */
  session(id: string): Conversation {
    return this.#conversation('session', id.toLowerCase(), MAIN, '');
  }

  chats(): ChatList {
    return this.#acquire('chats', MAIN, (connection) => new ChatList(this.#feedLink(connection)));
  }

  notifications(): Notifications {
    const make = (connection: Connection): Notifications =>
      new Notifications(this.#feedLink(connection));
    return this.#acquire('notifications', MAIN, make);
  }

  orgEvents(orgId: string): OrgEvents {
    return this.#acquire(`org ${orgId}`, MAIN, () => new OrgEvents(orgId));
  }

  device(deviceId: string): Device {
    const make = (connection: Connection): Device =>
      new Device(deviceId, this.#feedLink(connection));
    return this.#acquire(`device ${deviceId}`, MAIN, make);
  }

  audio(): AudioStream {
    const make = (connection: Connection): AudioStream =>
      new AudioStream(this.#feedLink(connection));
    return this.#acquire('audio', MAIN, make);
  }

  /**
   * Sends a frame and resolves with its reply. For frames that no object sends, such as `ping`; a
   * connection must have been requested.
   */
  request(frame: ClientFrame): Promise<Frame> {
    const [connection] = this.#connections.values();
    if (connection === undefined) return Promise.reject(closed());
    return connection.request({ ...frame }, { retry: false });
  }

  /** Renews the sign-in of the live connections now, with a token from `getToken`. */
  async renewSignIn(): Promise<void> {
    const connections = [...this.#connections.values()];
    await Promise.all(connections.map((connection) => connection.renewSignIn()));
  }

  /** Cuts the sockets as a network fault does, so that recovery can be watched. Returns how many. */
  dropSocket(): number {
    return [...this.#connections.values()].filter((connection) => connection.drop()).length;
  }

  /** Ends all connections. Messages that wait are rejected with `closed`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const event of NETWORK_EVENTS) globalThis.removeEventListener?.(event, this.#lookAgain);
    for (const resource of this.#resources.values()) resource.abandon();
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
    this.update({ status: 'closed' });
  }

  #conversation(
    kind: Kind,
    id: string,
    credentials: RoomCredentials,
    variant: string,
  ): Conversation {
    return this.#acquire(`${kind} ${id} ${variant}`, credentials, (connection) => {
      const { username, syncIntervalMs = 0 } = this.#options;
      const link: ConversationLink = {
        ...this.#feedLink(connection),
        credentials: { username, password: credentials.password },
        syncIntervalMs,
        sendToGroup: (group, data) => connection.sendToGroup(group, data),
        recovered: (group, messages) => connection.reportRecovered(group, messages),
      };
      return new Conversation(kind, id, link);
    });
  }

  /** `key` tells what kind of object it is, too. */
  #acquire<Kind extends Shared>(
    key: string,
    credentials: RoomCredentials,
    make: (connection: Connection) => Kind,
  ): Kind {
    if (this.#isClosed) throw closed();
    const known = this.#resources.get(key) as Kind | undefined;
    if (known !== undefined) return known.acquire();
    const connection = this.#connectionFor(credentials);
    const resource = make(connection);
    this.#resources.set(key, resource);
    resource.onReleased(() => {
      this.#resources.delete(key);
      connection.detach(resource);
    });
    connection.attach(resource);
    return resource.acquire();
  }

  #connectionFor(credentials: RoomCredentials): Connection {
    const { role, password, invite } = credentials;
    const key = JSON.stringify([role, password, invite]);
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      const number = this.#connections.size + 1;
      connection = new Connection(this.#environment(number), credentials);
      this.#connections.set(key, connection);
    }
    return connection;
  }

  #environment(number: number): Environment {
    const { username, requestTimeoutMs = DEFAULT_TIMEOUT_MS, getToken } = this.#options;
    const report = (entry: InspectEntry): void => this.emit('inspect', entry);
    return {
      http: this.http,
      username,
      requestTimeoutMs,
      inspector: new Inspector(number, () => (this.hasListeners('inspect') ? report : undefined)),
      getToken: () => this.#token(),
      lastToken: () => this.#lastToken,
      canRenew: getToken !== undefined,
      changed: () => this.#showConnections(),
      received: (frame) => this.emit('frame', frame),
      failed: (error) => this.emit('error', error),
    };
  }

  #feedLink(connection: Connection): FeedLink {
    return {
      http: this.http,
      userId: () => connection.userId,
      request: (frame, options) => connection.request(frame, options),
      tell: (frame) => connection.tell(frame),
    };
  }

  async #token(): Promise<string | null> {
    this.#lastToken = (await this.#options.getToken?.()) ?? null;
    return this.#lastToken;
  }

  #showConnections(): void {
    if (this.#isClosed) return;
    const connections = [...this.#connections.values()];
    const all = connections.map(({ status }) => status);
    const status = SEVEREST.find((severe) => all.includes(severe)) ?? 'idle';
    const main = connections.find(({ userId }) => userId !== null);
    this.update({
      status,
      userId: main?.userId ?? null,
      signInEndsAt: main?.signInEndsAt ?? null,
      error: connections.find(({ error }) => error !== null)?.error ?? null,
    });
  }
}
