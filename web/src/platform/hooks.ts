/** Small hooks that several views use. */

import { useCallback, useEffect, useRef, useState } from 'react';

/** Calls `work` now and then every so often, while the page is visible. */
export function usePolling(work: () => void, milliseconds: number, isOn = true): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (!isOn) return undefined;
    const run = (): void => {
      if (document.visibilityState === 'visible') latest.current();
    };
    run();
    const timer = setInterval(run, milliseconds);
    document.addEventListener('visibilitychange', run);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', run);
    };
  }, [milliseconds, isOn]);
}

export interface Action<Arguments extends unknown[]> {
  readonly run: (...values: Arguments) => Promise<void>;
  readonly isRunning: boolean;
  readonly error: unknown;
  readonly clear: () => void;
}

/** Work that a person starts: one at a time, and its failure is kept for them to see. */
export function useAction<Arguments extends unknown[]>(
  work: (...values: Arguments) => Promise<unknown>,
): Action<Arguments> {
  const [state, setState] = useState<{ isRunning: boolean; error: unknown }>({
    isRunning: false,
    error: null,
  });
  const latest = useRef(work);
  latest.current = work;
  const running = useRef(false);
  const run = useCallback(async (...values: Arguments) => {
    if (running.current) return;
    running.current = true;
    setState({ isRunning: true, error: null });
    try {
      await latest.current(...values);
      setState({ isRunning: false, error: null });
    } catch (error) {
      setState({ isRunning: false, error });
    } finally {
      running.current = false;
    }
  }, []);
  const clear = useCallback(() => setState({ isRunning: false, error: null }), []);
  return { ...state, run, clear };
}

/** The time now, renewed so often. */
export function useNow(milliseconds: number): number {
  const [now, setNow] = useState(Date.now);
  usePolling(() => setNow(Date.now()), milliseconds);
  return now;
}

export function useIsVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const read = (): void => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, []);
  return isVisible;
}

/** Whether this machine has a network. A socket may notice its loss much later. */
export function useIsOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const read = (): void => setOnline(navigator.onLine);
    addEventListener('online', read);
    addEventListener('offline', read);
    return () => {
      removeEventListener('online', read);
      removeEventListener('offline', read);
    };
  }, []);
  return isOnline;
}
