/** One connection to the service: Microsoft's client, from its URL to its end. */

import { WebPubSubClient } from '@azure/web-pubsub-client';

import { WatchedProtocol } from './protocol.js';
import type { Envelope } from './trust.js';

export interface SocketEvents {
  /** The service has accepted the connection, and joined its groups. */
  connected(): void;
  /** The socket broke. The service keeps the connection for a while. */
  lost(): void;
  /** Another socket carries the connection; what was missed follows. */
  recovered(): void;
  /** The connection is over. */
  ended(): void;
  message(envelope: Envelope): void;
  /** A frame as text, before anything is done with it. */
  passed(direction: 'in' | 'out', text: string): void;
}

/** How long Microsoft's client tries to recover a connection, and some more. */
const RECOVERY_MS = 35_000;
/** A recovery that is refused also opens a socket, which the service closes at once. */
const CONFIRMED_AFTER_MS = 500;
/** Any code but 1000 tells the service that the client will be back. */
const DROPPED = 3001;

export class Socket {
  readonly #client: WebPubSubClient;
  readonly #events: SocketEvents;
  #state: 'dialling' | 'connected' | 'lost' | 'ended' = 'dialling';
  #confirming: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;
  #heardAt = 0;

  constructor(url: string, events: SocketEvents) {
    this.#events = events;
    const protocol = new WatchedProtocol({
      dialling: () => this.#dialling(),
      opened: () => this.#opened(),
      received: (text) => {
        this.#heardAt = Date.now();
        this.#recovered();
        events.passed('in', text);
      },
      sent: (text) => events.passed('out', text),
    });
    this.#client = new WebPubSubClient(url, {
      protocol,
      // Its own loops cannot be stopped between two attempts, and do not know refusals.
      autoReconnect: false,
      autoRejoinGroups: false,
      messageRetryOptions: { maxRetries: 0 },
    });
    this.#client.on('connected', () => {
      if (this.#state !== 'dialling' || this.#isStopping) return;
      this.#state = 'connected';
      events.connected();
    });
    this.#client.on('stopped', () => this.#ended());
    this.#client.on('server-message', ({ message }) => {
      events.message({ from: 'server', data: message.data });
    });
    this.#client.on('group-message', ({ message }) => {
      const { group, fromUserId, data } = message;
      events.message({ from: 'group', group, fromUserId, data });
    });
  }

  get isConnected(): boolean {
    return this.#state === 'connected' && !this.#isStopping;
  }

  /** When something arrived last, in milliseconds. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Rejects if no socket could be opened. */
  async start(): Promise<void> {
    try {
      await this.#client.start();
    } catch (error) {
      this.#state = 'ended';
      throw error;
    }
  }

  /** Resolves once the server has answered the event, which is after its reply. */
  async send(frame: object): Promise<void> {
    await this.#client.sendEvent('message', frame as never, 'json');
  }

  async sendToGroup(group: string, data: unknown): Promise<void> {
    await this.#client.sendToGroup(group, data as never, 'json');
  }

  /** Cuts the socket as a fault of the network does. Returns whether there was one to cut. */
  drop(): boolean {
    // Microsoft's client offers no way to lose its socket, so this reaches behind its interface.
    const { _wsClient: socket } = this.#client as unknown as {
      _wsClient?: { close(code: number): void };
    };
    if (socket === undefined || !this.isConnected) return false;
    socket.close(DROPPED);
    return true;
  }

  /** Ends the connection. `ended` follows. */
  stop(): void {
    if (this.#isStopping || this.#state === 'ended') return;
    this.#isStopping = true;
    const deadline = Date.now() + RECOVERY_MS;
    // While Microsoft's client waits between two attempts to recover, `stop` does nothing.
    const stop = (): void => {
      if (this.#state === 'ended') return;
      this.#client.stop();
      if (Date.now() < deadline) setTimeout(stop, 250);
      else this.#ended();
    };
    stop();
  }

  #dialling(): void {
    clearTimeout(this.#confirming);
    if (this.#state !== 'connected') return;
    this.#state = 'lost';
    if (!this.#isStopping) this.#events.lost();
  }

  #opened(): void {
    if (this.#state !== 'lost') return;
    clearTimeout(this.#confirming);
    this.#confirming = setTimeout(() => this.#recovered(), CONFIRMED_AFTER_MS);
  }

  #recovered(): void {
    if (this.#state !== 'lost') return;
    clearTimeout(this.#confirming);
    this.#state = 'connected';
    if (!this.#isStopping) this.#events.recovered();
  }

  #ended(): void {
    clearTimeout(this.#confirming);
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#events.ended();
  }
}
