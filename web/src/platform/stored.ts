/** Values that outlive a reload. Storage may be switched off or full; then they last for this page. */

import { useCallback, useState } from 'react';

export function readStored<Value>(storage: Storage, key: string, fallback: Value): Value {
  try {
    const text = storage.getItem(key);
    return text === null ? fallback : (JSON.parse(text) as Value);
  } catch {
    return fallback;
  }
}

export function writeStored(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    // Not worth a message: the page works without it.
  }
}

/** Like `useState`, kept in this browser. */
export function useStored<Value>(key: string, fallback: Value): [Value, (value: Value) => void] {
  const [held, setHeld] = useState(() => ({ key, value: readStored(localStorage, key, fallback) }));
  const value = held.key === key ? held.value : readStored(localStorage, key, fallback);
  const set = useCallback(
    (next: Value) => {
      writeStored(localStorage, key, next);
      setHeld({ key, value: next });
    },
    [key],
  );
  return [value, set];
}
