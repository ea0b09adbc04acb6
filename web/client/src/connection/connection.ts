/** A connection to the service that is kept up: it negotiates, reconnects and recovers. */

import { SwitchboardError, asError, closed } from '../error.js';
import type { Frame } from '../frames.js';
import type { Negotiated } from '../inspect.js';
import type { ConnectionStatus } from '../types.js';
import { Backoff } from './backoff.js';
import type { Environment, Subject } from './environment.js';
import { Negotiator, nameOf } from './negotiate.js';
import type { RoomCredentials, Target } from './negotiate.js';
import { Requests } from './requests.js';
import type { RequestOptions } from './requests.js';
import { SignIn, claimsOf } from './sign-in.js';
import { Socket } from './socket.js';
import { asFrame, trusted } from './trust.js';
import type { Envelope } from './trust.js';

/** Released targets stay this long, so that a view that closes and opens again changes nothing. */
const LINGER_MS = 2000;
/** From the start of a socket to the service's greeting. */
const CONNECT_TIMEOUT_MS = 20_000;
/** A socket on which something arrived a moment ago works. */
const QUIET_MS = 10_000;
/** One that answers nothing in this time does not. */
const PROBE_MS = 5000;
/** How often a token that has ended is refused before that counts: `getToken` may need a while. */
const MAX_EXPIRED = 3;
/** A replaced connection waits this long for its last replies. */
const DRAIN_MS = 5000;

export class Connection {
  readonly #environment: Environment;
  readonly #negotiator: Negotiator;
  readonly #requests: Requests;
  readonly #subjects = new Set<Subject>();
  readonly #backoff = new Backoff();
  readonly #signIn: SignIn;
  #status: ConnectionStatus = 'idle';
  #error: SwitchboardError | null = null;
  #userId: string | null = null;
  #current: { readonly socket: Socket; readonly targets: ReadonlySet<string> } | undefined;
  #isRunning = false;
  #isClosed = false;
  #expired = 0;
  #recoveries = 0;
  #reconnects = 0;

  constructor(environment: Environment, credentials: RoomCredentials) {
    const { http, username, requestTimeoutMs } = environment;
    this.#environment = environment;
    this.#negotiator = new Negotiator(http, username, credentials);
    const connection = this;
    this.#requests = new Requests(
      {
        get socket() {
          const socket = connection.#current?.socket;
          return socket?.isConnected ? socket : undefined;
        },
        renewSignIn: () => this.#signIn.renew(),
      },
      requestTimeoutMs,
    );
    this.#signIn = new SignIn({
      getToken: environment.canRenew ? environment.getToken : undefined,
      authenticate: (token) =>
        this.request({ type: 'authenticate', token }, { retry: true }),
      changed: () => environment.changed(),
      renewed: (expiresAt) =>
        environment.inspector.report({ kind: 'authenticated', expiresAt }),
      failed: (error) => environment.failed(asError(error)),
      // Only a new connection can belong to another user.
      isOfAnother: () => this.#current?.socket.stop(),
    });
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  get error(): SwitchboardError | null {
    return this.#error;
  }

  get userId(): string | null {
    return this.#userId;
  }

  get signInEndsAt(): number | null {
    return this.#signIn.endsAt;
  }

  get isUnused(): boolean {
    return this.#subjects.size === 0;
  }

  attach(subject: Subject): void {
    this.#subjects.add(subject);
    // Views that open together negotiate together.
    setTimeout(() => {
      if (this.#carries(subject)) subject.online();
      this.#run();
    }, 0);
  }

  detach(subject: Subject): void {
    if (this.#subjects.delete(subject)) setTimeout(() => this.#run(), LINGER_MS);
  }

  request(frame: Frame, options: RequestOptions): Promise<Frame> {
    if (this.#isClosed) return Promise.reject(closed());
    return this.#requests.send(frame, options);
  }

  /** Sends a frame that is worthless later: while there is no socket it is dropped. */
  tell(frame: Frame): void {
    const socket = this.#current?.socket;
    if (socket?.isConnected) socket.send(frame).catch(() => {});
  }

  async sendToGroup(group: string, data: unknown): Promise<void> {
    const socket = this.#current?.socket;
    const offline = { code: 'disconnected' };
    if (!socket?.isConnected) throw new SwitchboardError('there is no connection now', offline);
    try {
      await socket.sendToGroup(group, data);
    } catch (cause) {
      throw new SwitchboardError('the service did not take the message', {
        code: socket.isConnected ? 'forbidden' : 'disconnected',
        cause,
      });
    }
  }

  drop(): boolean {
    return this.#current?.socket.drop() ?? false;
  }

  reportRecovered(group: string, messages: number): void {
    this.#environment.inspector.report({ kind: 'recovered', group, messages });
  }

  /** The network may have changed: waits for nothing, and checks whether the socket still works. */
  lookAgain(): void {
    this.#backoff.wake();
    const socket = this.#current?.socket;
    if (!socket?.isConnected || Date.now() - socket.heardAt < QUIET_MS) return;
    const timer = setTimeout(() => socket.drop(), PROBE_MS);
    const heard = (): void => clearTimeout(timer);
    // A refusal is a sign of life, too.
    this.request({ type: 'ping' }, { retry: false }).then(heard, ({ code }) => {
      if (code !== 'timeout') heard();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#signIn.stop();
    this.#backoff.wake();
    this.#requests.close(closed());
    this.#current?.socket.stop();
    this.#current = undefined;
    this.#setStatus('closed');
  }

  /** Sends the fresh token over the live connection. */
  renewSignIn(): Promise<void> {
    return this.#signIn.renew();
  }

  #wanted(): Map<string, Target> {
    const targets = [...this.#subjects].map(({ target }) => [nameOf(target), target] as const);
    return new Map(targets);
  }

  #carries({ target }: Subject): boolean {
    const current = this.#current;
    return (current?.socket.isConnected && current.targets.has(nameOf(target))) ?? false;
  }

  /** Works until the connection carries exactly what is wanted. */
  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#work()
      .catch((error: unknown) => this.#environment.failed(asError(error)))
      .finally(() => {
        this.#isRunning = false;
      });
  }

  async #work(): Promise<void> {
    while (!this.#isClosed) {
      const wanted = this.#wanted();
      if (wanted.size === 0) {
        this.#release();
        return;
      }
      if (this.#current !== undefined && isSame(this.#current.targets, wanted)) return;
      await this.#establish([...wanted.values()]);
    }
  }

  /** Nobody needs the connection. */
  #release(): void {
    this.#signIn.stop();
    this.#current?.socket.stop();
    this.#current = undefined;
    if (this.#status !== 'failed') this.#setStatus('idle');
  }

  async #establish(targets: readonly Target[]): Promise<void> {
    // While another connection serves the older targets, this one is made beside it.
    if (this.#current === undefined) {
      this.#setStatus(this.#userId === null ? 'connecting' : 'reconnecting');
    }
    const startedAt = Date.now();
    let answer: Negotiated;
    try {
      answer = await this.#negotiator.negotiate(targets);
    } catch (error) {
      await this.#notNegotiated(targets, asError(error));
      return;
    }
    if (this.#isClosed) return;
    const token = this.#environment.lastToken();
    const claims = claimsOf(new URL(answer.url).searchParams.get('access_token') ?? '');
    const durationMs = Date.now() - startedAt;
    this.#environment.inspector.report({ kind: 'negotiated', answer, claims, durationMs });
    try {
      await this.#open(answer, targets);
      this.#signIn.began(token);
    } catch (error) {
      this.#error = asError(error);
      this.#environment.changed();
      await this.#backoff.wait();
    }
  }

  /** Opens a socket, and replaces the present one with it once it is connected. */
  #open(answer: Negotiated, targets: readonly Target[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown): void => {
        clearTimeout(timer);
        socket.stop();
        reject(new SwitchboardError('the service cannot be reached', { code: 'network', cause }));
      };
      const socket: Socket = new Socket(answer.url, {
        connected: () => {
          clearTimeout(timer);
          if (this.#isClosed) {
            socket.stop();
          } else {
            this.#userId = answer.userId;
            this.#replaceWith(socket, new Set(targets.map(nameOf)));
          }
          resolve();
        },
        lost: () => this.#lost(socket),
        recovered: () => this.#recovered(socket),
        ended: () => {
          failed(undefined);
          this.#ended(socket);
        },
        message: (envelope) => this.#received(socket, envelope),
        passed: (direction, text) => this.#environment.inspector.passed(direction, text),
      });
      const timer = setTimeout(() => failed(undefined), CONNECT_TIMEOUT_MS);
      socket.start().catch(failed);
    });
  }

  #replaceWith(socket: Socket, targets: ReadonlySet<string>): void {
    const before = this.#current?.socket;
    if (this.#status === 'reconnecting') this.#reconnects += 1;
    this.#current = { socket, targets };
    this.#error = null;
    this.#expired = 0;
    this.#backoff.reset();
    if (before !== undefined) this.#drain(before);
    this.#setStatus('connected');
    this.#requests.flush();
    this.#announce();
  }

  /** Replies that are under way come on the old socket. */
  #drain(socket: Socket): void {
    if (this.#requests.isEmpty) socket.stop();
    else setTimeout(() => socket.stop(), DRAIN_MS);
  }

  #announce(): void {
    for (const subject of [...this.#subjects]) {
      if (this.#carries(subject)) subject.online();
    }
  }

  async #notNegotiated(targets: readonly Target[], error: SwitchboardError): Promise<void> {
    this.#error = error;
    if (error.code === 'token_expired' && this.#environment.canRenew) this.#expired += 1;
    const mayHaveFresherToken = this.#expired > 0 && this.#expired < MAX_EXPIRED;
    if (error.isTemporary || mayHaveFresherToken) {
      this.#environment.changed();
      await this.#backoff.wait(error.retryAfterMs);
      return;
    }
    const refused = await this.#negotiator.findRefused(targets, error);
    // Each target is well by itself: there are too many.
    const last = targets.at(-1);
    if (refused.size === 0 && error.code === 'invalid_parameter' && last !== undefined) {
      refused.set(nameOf(last), error);
    }
    if (refused.size === 0) {
      await this.#backoff.wait();
      return;
    }
    for (const subject of [...this.#subjects]) {
      const reason = refused.get(nameOf(subject.target));
      if (reason === undefined) continue;
      this.#subjects.delete(subject);
      subject.refused(reason);
    }
    if (this.#subjects.size === 0) this.#setStatus('failed');
  }

  #lost(socket: Socket): void {
    if (this.#current?.socket !== socket) return;
    this.#setStatus('recovering');
    for (const subject of [...this.#subjects]) subject.offline();
  }

  #recovered(socket: Socket): void {
    if (this.#current?.socket !== socket) return;
    this.#recoveries += 1;
    this.#setStatus('connected');
    this.#requests.flush();
    this.#announce();
  }

  #ended(socket: Socket): void {
    const wasCurrent = this.#current?.socket === socket;
    if (wasCurrent) {
      this.#current = undefined;
      this.#signIn.stop();
      for (const subject of [...this.#subjects]) subject.offline();
    }
    this.#requests.ended(socket);
    if (wasCurrent) this.#run();
  }

  #received(socket: Socket, envelope: Envelope): void {
    const { inspector } = this.#environment;
    inspector.delivered();
    const message = trusted(envelope);
    if (message === null) {
      this.#receivedFromClient(socket, envelope);
      return;
    }
    const { frame, group } = message;
    if (group === undefined) this.#requests.receive(frame);
    this.#environment.received(frame);
    // Replies too: the creator of a chat learns of it by its reply alone.
    for (const subject of [...this.#subjects]) subject.receive(message);
  }

  #receivedFromClient(socket: Socket, envelope: Envelope): void {
    if (envelope.from === 'group' && asFrame(envelope.data) !== null) {
      this.#environment.inspector.untrusted();
    }
    // Such data has no number, so a connection that is being replaced would repeat it.
    if (this.#current?.socket !== socket) return;
    for (const subject of [...this.#subjects]) subject.receiveFromClient?.(envelope);
  }

  #setStatus(status: ConnectionStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#environment.inspector.report({
      kind: 'status',
      status,
      error: this.#error ?? undefined,
      recoveries: this.#recoveries,
      reconnects: this.#reconnects,
    });
    this.#environment.changed();
  }
}

function isSame(bound: ReadonlySet<string>, wanted: ReadonlyMap<string, unknown>): boolean {
  return bound.size === wanted.size && [...bound].every((name) => wanted.has(name));
}
