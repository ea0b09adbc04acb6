/** Short messages above everything else. */

import { useSyncExternalStore } from 'react';

import { Icon, type IconName } from './Icon';

interface Toast {
  readonly id: number;
  readonly title: string;
  readonly text: string;
  readonly icon: IconName;
  readonly isBad: boolean;
}

const LIFETIME_MS = 6000;

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function toast(title: string, text = '', icon: IconName = 'info', isBad = false): void {
  const id = nextId++;
  set([...toasts.slice(-3), { id, title, text, icon, isBad }]);
  setTimeout(() => set(toasts.filter((one) => one.id !== id)), LIFETIME_MS);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((one) => (
        <div key={one.id} className={`toast${one.isBad ? ' bad' : ''}`}>
          <Icon name={one.icon} />
          <div className="grow">
            <strong>{one.title}</strong>
            {one.text}
          </div>
        </div>
      ))}
    </div>
  );
}
