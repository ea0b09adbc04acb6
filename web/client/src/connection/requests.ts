/** Frames that expect a reply, until they have it. */

import { SwitchboardError } from '../error.js';
import { isA } from '../frames.js';
import type { Frame } from '../frames.js';
import type { Socket } from './socket.js';

export interface RequestOptions {
  /** Whether the frame may be sent again if it is unknown what became of it. */
  retry: boolean;
  signal?: AbortSignal | undefined;
}

/** The connection, as requests use it. */
export interface Link {
  /** The socket to send on; absent while there is none, or while it is broken. */
  readonly socket: Socket | undefined;
  /** Renews a sign-in that has ended. */
  renewSignIn(): Promise<void>;
}

interface Pending {
  readonly id: string;
  readonly frame: Frame;
  readonly retry: boolean;
  readonly resolve: (reply: Frame) => void;
  readonly reject: (error: SwitchboardError) => void;
  /** The socket that it was sent on. */
  socket: Socket | undefined;
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** How often a frame is tried that the server could not serve. */
const MAX_FAILURES = 6;
const FIRST_PAUSE_MS = 300;

let counter = 0;
const page = Math.random().toString(36).slice(2, 8);

export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #link: Link;
  readonly #timeoutMs: number;

  constructor(link: Link, timeoutMs: number) {
    this.#link = link;
    this.#timeoutMs = timeoutMs;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** Resolves with the reply, rejects with the error frame. */
  send(frame: Frame, { retry, signal }: RequestOptions): Promise<Frame> {
    counter += 1;
    const id = `${page}-${counter}`;
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        id,
        frame,
        retry,
        resolve,
        reject,
        socket: undefined,
        failures: 0,
        timer: undefined,
      };
      this.#pending.set(id, pending);
      const abort = (): void => {
        if (this.#remove(pending)) reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#transmit(pending);
    });
  }

  /** Takes a frame that the server sent to this connection alone. Returns whether it is a reply. */
  receive(reply: Frame): boolean {
    const { requestId } = reply;
    const pending = typeof requestId === 'string' ? this.#pending.get(requestId) : undefined;
    if (pending === undefined) return false;
    if (isA(reply, 'error')) {
      this.#refused(pending, errorOf(reply));
    } else if (this.#remove(pending)) {
      pending.resolve(reply);
    }
    return true;
  }

  /** A socket is ready: sends what waits for one. */
  flush(): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.socket === undefined) this.#transmit(pending);
    }
  }

  /** No reply can come on this socket any more. */
  ended(socket: Socket): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.socket !== socket) continue;
      if (pending.retry) this.#transmit(pending);
      else this.#fail(pending, disconnected());
    }
  }

  close(error: SwitchboardError): void {
    for (const pending of [...this.#pending.values()]) this.#fail(pending, error);
  }

  #transmit(pending: Pending): void {
    if (!this.#pending.has(pending.id)) return;
    clearTimeout(pending.timer);
    const { socket } = this.#link;
    pending.socket = socket;
    if (socket === undefined) {
      if (!pending.retry) {
        pending.timer = setTimeout(() => this.#fail(pending, disconnected()), this.#timeoutMs);
      }
      return;
    }
    pending.timer = setTimeout(() => this.#timedOut(pending), this.#timeoutMs);
    socket.send({ ...pending.frame, requestId: pending.id }).catch((error: unknown) => {
      this.#notSent(pending, socket, error);
    });
  }

  /** The socket broke, or the service says that the server failed. */
  #notSent(pending: Pending, socket: Socket, error: unknown): void {
    if (!this.#pending.has(pending.id) || pending.socket !== socket) return;
    const current = this.#link.socket;
    if (current === socket) {
      const cause = { code: 'unavailable', cause: error };
      this.#refused(pending, new SwitchboardError('the server failed to answer', cause));
    } else if (pending.retry) {
      // Without another socket it waits for one.
      this.#transmit(pending);
    }
    // Otherwise the reply may still come, with what the service kept for the broken socket.
  }

  #timedOut(pending: Pending): void {
    if (pending.retry) this.#transmit(pending);
    else this.#fail(pending, new SwitchboardError('no reply came in time', { code: 'timeout' }));
  }

  #refused(pending: Pending, error: SwitchboardError): void {
    clearTimeout(pending.timer);
    if (error.code === 'token_expired' && pending.frame.type !== 'authenticate') {
      const renewed = this.#link.renewSignIn();
      renewed.then(() => this.#transmit(pending)).catch(() => this.#fail(pending, error));
      return;
    }
    if (error.code === 'rate_limited') {
      // Nothing was done, so any frame may be sent again.
      this.#transmitIn(pending, error.retryAfterMs ?? 1000);
      return;
    }
    pending.failures += 1;
    const again = pending.retry && error.isTemporary && pending.failures < MAX_FAILURES;
    if (again) this.#transmitIn(pending, FIRST_PAUSE_MS * 2 ** pending.failures);
    else this.#fail(pending, error);
  }

  #transmitIn(pending: Pending, ms: number): void {
    pending.timer = setTimeout(() => this.#transmit(pending), ms);
  }

  #fail(pending: Pending, error: SwitchboardError): void {
    if (this.#remove(pending)) pending.reject(error);
  }

  #remove(pending: Pending): boolean {
    clearTimeout(pending.timer);
    return this.#pending.delete(pending.id);
  }
}

export function errorOf(frame: Frame): SwitchboardError {
  const number = (value: unknown): number | undefined =>
    typeof value === 'number' ? value : undefined;
  return new SwitchboardError(String(frame['message'] ?? 'refused'), {
    code: String(frame['error'] ?? 'internal'),
    closeCode: number(frame['closeCode']),
    retryAfterMs: number(frame['retryAfterMs']),
  });
}

function disconnected(): SwitchboardError {
  return new SwitchboardError('the connection ended before the reply came', {
    code: 'disconnected',
  });
}
