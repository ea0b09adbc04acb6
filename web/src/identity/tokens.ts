/** The tokens of an identity, always with enough time left. */

import { SwitchboardError } from '@switchboard/client';

import type { Identity } from './identity';

interface Issued {
  readonly token: string;
  readonly expiresAt: string;
}

/** `signIn` is the address that issues tokens by name. */
export function tokenSource(
  identity: Identity,
  signIn: string | null,
): () => Promise<string | null> {
  if (identity.kind === 'guest') return async () => null;
  if (identity.kind === 'token') return async () => identity.token;
  let held: { issued: Promise<Issued>; renewAt: number } | null = null;
  return async () => {
    if (held === null || Date.now() >= held.renewAt) {
      const from = Date.now();
      const issued = issue(identity, signIn);
      const own = { issued, renewAt: Number.POSITIVE_INFINITY };
      held = own;
      try {
        // Half of its time: a token that is about to end is no use for a call.
        own.renewAt = from + (Date.parse((await issued).expiresAt) - from) / 2;
      } catch (error) {
        held = null;
        throw error;
      }
    }
    return (await held.issued).token;
  };
}

async function issue(
  { user, name, roles, orgs }: Identity & { kind: 'named' },
  signIn: string | null,
): Promise<Issued> {
  if (signIn === null) {
    throw new SwitchboardError('sign in by name works in `switchboard dev` only', {
      code: 'unauthenticated',
    });
  }
  let response;
  try {
    response = await fetch(signIn, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user, name, roles, orgs }),
    });
  } catch (cause) {
    throw new SwitchboardError('the sign-in cannot be reached', { code: 'network', cause });
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    throw new SwitchboardError(String(problem['detail'] ?? 'the sign-in was refused'), {
      code: String(problem['code'] ?? 'unauthenticated'),
      status: response.status,
    });
  }
  return (await response.json()) as Issued;
}
