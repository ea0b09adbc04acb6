/** Asks the server for the address of a connection. */

import { SwitchboardError, asError } from '../error.js';
import type { Http } from '../http.js';
import type { Negotiated } from '../inspect.js';

/** A target of a connection, as negotiate's parameters name it. */
export interface Target {
  readonly parameter:
    | 'room_id'
    | 'chat_id'
    | 'session_id'
    | 'org_id'
    | 'device_id'
    | 'channel';
  readonly value: string;
}

/** They count for all rooms of a connection. */
export interface RoomCredentials {
  readonly role?: 'reader' | 'writer' | undefined;
  readonly password?: string | undefined;
  readonly invite?: string | undefined;
}

export function nameOf(target: Target): string {
  return `${target.parameter}=${target.value}`;
}

/**
 * Negotiates for one set of credentials. An invite is spent by the first success: from then on the
 * user is a member. An anonymous user is not, but the address stays valid for a while.
 */
export class Negotiator {
  readonly #http: Http;
  readonly #username: string | undefined;
  readonly #credentials: RoomCredentials;
  #isInviteSpent = false;
  #last: { answer: Negotiated; endsAt: number } | undefined;

  constructor(http: Http, username: string | undefined, credentials: RoomCredentials) {
    this.#http = http;
    this.#username = username;
    this.#credentials = credentials;
  }

  async negotiate(targets: readonly Target[]): Promise<Negotiated> {
    if (this.#credentials.invite === undefined) return this.#ask(targets, undefined);
    if (this.#isInviteSpent) return this.#asMember(targets);
    try {
      const answer = await this.#ask(targets, this.#credentials.invite);
      this.#isInviteSpent = true;
      return answer;
    } catch (error) {
      if (!hasCode(error, 'invite_spent')) throw error;
      // This user may be the one who spent it.
      return await this.#ask(targets, undefined).catch(() => {
        throw error;
      });
    }
  }

  /** The server refuses all targets because of one, so each is tried by itself. */
  async findRefused(
    targets: readonly Target[],
    error: SwitchboardError,
  ): Promise<Map<string, SwitchboardError>> {
    if (targets.length === 1 || error.status === 401) {
      return new Map(targets.map((target) => [nameOf(target), error]));
    }
    const refused = new Map<string, SwitchboardError>();
    for (const target of targets) {
      try {
        await this.negotiate([target]);
      } catch (cause) {
        const reason = asError(cause);
        if (!reason.isTemporary) refused.set(nameOf(target), reason);
      }
    }
    return refused;
  }

  async #asMember(targets: readonly Target[]): Promise<Negotiated> {
    try {
      return await this.#ask(targets, undefined);
    } catch (error) {
      const last = this.#last;
      if (!hasCode(error, 'invite_required') || last === undefined || last.endsAt < Date.now()) {
        throw error;
      }
      return last.answer;
    }
  }

  async #ask(targets: readonly Target[], invite: string | undefined): Promise<Negotiated> {
    const body: Record<string, unknown> = {};
    for (const { parameter, value } of targets) {
      body[parameter] = [...((body[parameter] as string[] | undefined) ?? []), value];
    }
    const { role, password } = this.#credentials;
    for (const [name, value] of Object.entries({ role, password, invite })) {
      if (value !== undefined) body[name] = value;
    }
    if (this.#username !== undefined) body['username'] = this.#username;
    const answer = await this.#http.request<Negotiated>('POST', 'negotiate', { body });
    this.#last = { answer, endsAt: Date.now() + answer.expiresIn * 1000 };
    return answer;
  }
}

export function hasCode(error: unknown, code: string): error is SwitchboardError {
  return error instanceof SwitchboardError && error.code === code;
}
