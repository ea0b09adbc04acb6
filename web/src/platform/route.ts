/** The address of a view: `#/rooms/lobby?invite=…`. A fragment never reaches a server or its log. */

import { useSyncExternalStore } from 'react';

export interface Route {
  readonly view: string;
  /** The id of the thing that is open, such as a room; empty if none is. */
  readonly id: string;
  readonly query: URLSearchParams;
}

let current = read();
const listeners = new Set<() => void>();

window.addEventListener('hashchange', () => {
  current = read();
  for (const listener of listeners) listener();
});

function read(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [view = '', id = ''] = path.split('/');
  return { view: view || 'rooms', id: decode(id), query: new URLSearchParams(query) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function href(view: string, id?: string): string {
  return id === undefined ? `#/${view}` : `#/${view}/${encodeURIComponent(id)}`;
}

/** Replaces the address, so that going back skips the old one. */
export function replaceRoute(to: string): void {
  location.replace(to);
}

export function goTo(to: string): void {
  location.hash = to.slice(1);
}
