/** The user of this tab. Each tab signs in by itself, so that two tabs can be two people. */

import { readStored, writeStored } from '../platform/stored';

export type Identity =
  /** Signed in by `dev`, with a token that is fetched again before it ends. */
  | {
      readonly kind: 'named';
      readonly user: string;
      readonly name: string;
      readonly roles: readonly string[];
      readonly orgs: readonly string[];
    }
  /** A token of an identity provider, as pasted or handed over. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'guest'; readonly name: string };

/** The user as views see them. */
export interface Me {
  readonly name: string;
  readonly roles: readonly string[];
  readonly orgs: readonly string[];
  readonly isGuest: boolean;
}

const KEY = 'switchboard.identity';

export const storedIdentity = (): Identity | null => readStored(sessionStorage, KEY, null);

export const storeIdentity = (identity: Identity | null): void =>
  writeStored(sessionStorage, KEY, identity);

export function meOf(identity: Identity): Me {
  switch (identity.kind) {
    case 'named':
      return { name: identity.name, roles: identity.roles, orgs: identity.orgs, isGuest: false };
    case 'guest':
      return { name: identity.name, roles: [], orgs: [], isGuest: true };
    case 'token': {
      const claims = claimsOf(identity.token);
      const name = claims['name'] ?? claims['preferred_username'] ?? claims['sub'];
      return {
        name: typeof name === 'string' ? name : 'signed in',
        roles: textsOf(claims['roles']),
        orgs: textsOf(claims['organizations']),
        isGuest: false,
      };
    }
  }
}

/** The claims of a token, decoded but not verified: they only decide what the page offers. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(',').map((item) => item.trim());
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string');
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
