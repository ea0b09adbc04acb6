/** Microsoft's protocol, watched: it is the public place where every frame passes as text. */

import { WebPubSubJsonReliableProtocol } from '@azure/web-pubsub-client';
import type { WebPubSubClientProtocol } from '@azure/web-pubsub-client';

export interface ProtocolWatcher {
  /** Microsoft's client is about to open a socket, the first one or one for a recovery. */
  dialling(): void;
  /** It asks for the kind of the protocol, which it does when a socket has opened. */
  opened(): void;
  received(text: string): void;
  sent(text: string): void;
}

type Incoming = Parameters<WebPubSubClientProtocol['parseMessages']>[0];
type Outgoing = Parameters<WebPubSubClientProtocol['writeMessage']>[0];

/** Microsoft's client has no events for recoveries, so they are recognised by what it reads here. */
export class WatchedProtocol implements WebPubSubClientProtocol {
  readonly #reliable = WebPubSubJsonReliableProtocol();
  readonly #watcher: ProtocolWatcher;

  constructor(watcher: ProtocolWatcher) {
    this.#watcher = watcher;
  }

  get name(): string {
    this.#watcher.dialling();
    return this.#reliable.name;
  }

  get isReliableSubProtocol(): boolean {
    this.#watcher.opened();
    return this.#reliable.isReliableSubProtocol;
  }

  parseMessages(input: Incoming): ReturnType<WebPubSubClientProtocol['parseMessages']> {
    if (typeof input === 'string') this.#watcher.received(input);
    return this.#reliable.parseMessages(input);
  }

  writeMessage(message: Outgoing): ReturnType<WebPubSubClientProtocol['writeMessage']> {
    const written = this.#reliable.writeMessage(message);
    if (typeof written === 'string') this.#watcher.sent(written);
    return written;
  }
}
