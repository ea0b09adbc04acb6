/** The checks of the health so far, kept while the page is open. */

import { useSyncExternalStore } from 'react';

export interface Part {
  readonly status: 'ok' | 'degraded' | 'disabled';
  readonly latencyMs?: number;
  readonly detail?: string;
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly connections: number | null;
  readonly services: Readonly<Record<string, Part>>;
}

export interface Sample {
  readonly at: number;
  /** `null` if there was no answer. */
  readonly tookMs: number | null;
  readonly health: Health | null;
}

const MAX_SAMPLES = 240;

let samples: readonly Sample[] = [];
const listeners = new Set<() => void>();

export function addSample(sample: Sample): void {
  samples = [...samples, sample].slice(-MAX_SAMPLES);
  for (const listener of listeners) listener();
}

export function useSamples(): readonly Sample[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => samples,
  );
}
