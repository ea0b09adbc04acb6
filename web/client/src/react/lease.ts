/** How hooks hold the shared objects of a `Switchboard`, and read their state. */

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { Provider } from 'react';

import type { Unsubscribe } from '../emitter.js';
import type { Switchboard } from '../switchboard.js';

const Context = createContext<Switchboard | null>(null);

/** Gives a `Switchboard` to all hooks below: `<SwitchboardProvider value={switchboard}>`. */
export const SwitchboardProvider: Provider<Switchboard | null> = Context.Provider;

/** The `Switchboard` of the nearest provider. */
export function useSwitchboard(): Switchboard {
  const switchboard = useContext(Context);
  if (switchboard === null) throw new Error('this hook needs a <SwitchboardProvider> above it');
  return switchboard;
}

interface Leased<State> {
  readonly snapshot: State;
  readonly subscribe: (listener: () => void) => Unsubscribe;
  close(): void;
}

/**
 * Requests an object while the component is mounted. `null` before the first effect and while
 * `key` is `null`; a changed key requests another object.
 */
export function useLease<Lease extends { close(): void }>(
  key: string | null,
  acquire: (switchboard: Switchboard) => Lease,
): Lease | null {
  const switchboard = useSwitchboard();
  const [held, setHeld] = useState<{ key: string; lease: Lease } | null>(null);
  useEffect(() => {
    if (key === null) return undefined;
    const lease = acquire(switchboard);
    setHeld({ key, lease });
    return () => lease.close();
    // `acquire` is a new function in each render; what it depends on is in `key`.
  }, [switchboard, key]);
  return held !== null && held.key === key ? held.lease : null;
}

const never = (): Unsubscribe => () => {};

/** The state of a leased object, or `empty` while there is none. */
export function useSnapshot<State>(lease: Leased<State> | null, empty: State): State {
  const read = (): State => (lease === null ? empty : lease.snapshot);
  return useSyncExternalStore(lease === null ? never : lease.subscribe, read, () => empty);
}
