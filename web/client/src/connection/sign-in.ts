/** When a sign-in ends, and renewing it in time. */

import { SwitchboardError } from '../error.js';
import { isA } from '../frames.js';
import type { Frame } from '../frames.js';
import { hasCode } from './negotiate.js';

/** The claims of a JWT, decoded but not verified: only the server can do that. */
export function claimsOf(token: string): Record<string, unknown> | null {
  const part = token.split('.')[1];
  if (part === undefined) return null;
  try {
    const bytes = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    const claims: unknown = JSON.parse(text);
    return typeof claims === 'object' && claims !== null
      ? (claims as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** In milliseconds; `null` for a token that is not a JWT. */
export function endOf(token: string): number | null {
  const exp = claimsOf(token)?.['exp'];
  return typeof exp === 'number' ? exp * 1000 : null;
}

/** Renew this long before the end, or after four fifths of a short sign-in. */
const LEAD_MS = 60_000;
const SHARE = 0.2;
const MIN_WAIT_MS = 1000;
/** Between attempts after the end. */
const LATE_WAIT_MS = 10_000;
/** A longer wait does not fit into a timer. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

export interface SignInEvents {
  /** Absent for callers who do not sign in. */
  readonly getToken: (() => Promise<string | null>) | undefined;
  /** Sends a token over the live connection. */
  authenticate(token: string): Promise<Frame>;
  /** `endsAt` is another time. */
  changed(): void;
  renewed(expiresAt: string | undefined): void;
  /** The sign-in could not be renewed in time. It is tried again. */
  failed(error: unknown): void;
  /** The fresh token belongs to another user. */
  isOfAnother(): void;
}

/** The sign-in of a connection. */
export class SignIn {
  readonly #events: SignInEvents;
  #endsAt: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewing: Promise<void> | undefined;

  constructor(events: SignInEvents) {
    this.#events = events;
  }

  /** In milliseconds. */
  get endsAt(): number | null {
    return this.#endsAt;
  }

  /** A connection was made with this token. */
  began(token: string | null): void {
    this.#set(token === null ? null : endOf(token));
  }

  /** Rejects if there is no fresher token, or if the server does not take it. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #set(endsAt: number | null): void {
    this.#endsAt = endsAt;
    this.#events.changed();
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#endsAt === null || this.#events.getToken === undefined) return;
    const left = this.#endsAt - Date.now();
    const lead = Math.min(LEAD_MS, left * SHARE);
    const wait = left > 0 ? Math.max(left - lead, MIN_WAIT_MS) : LATE_WAIT_MS;
    const act = wait > MAX_WAIT_MS ? () => this.#schedule() : () => void this.#renewInTime();
    this.#timer = setTimeout(act, Math.min(wait, MAX_WAIT_MS));
  }

  async #renewInTime(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      this.#events.failed(error);
      this.#schedule();
    }
  }

  async #renew(): Promise<void> {
    const token = (await this.#events.getToken?.()) ?? null;
    if (token === null) throw new SwitchboardError('signed out', { code: 'token_expired' });
    const endsAt = endOf(token);
    if (endsAt !== null && endsAt <= (this.#endsAt ?? 0)) {
      const stale = { code: 'token_expired' };
      throw new SwitchboardError('`getToken` returned no fresher token', stale);
    }
    try {
      const reply = await this.#events.authenticate(token);
      const expiresAt = isA(reply, 'authenticated') ? (reply.expires_at ?? undefined) : undefined;
      this.#set(expiresAt === undefined ? null : Date.parse(expiresAt));
      this.#events.renewed(expiresAt);
    } catch (error) {
      if (hasCode(error, 'forbidden')) this.#events.isOfAnother();
      throw error;
    }
  }
}
