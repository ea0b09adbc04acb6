/** Light or dark: the system's choice, unless this browser has another. */

import { readStored, writeStored } from './stored';

const KEY = 'switchboard.theme';

export type Theme = 'light' | 'dark';

export function applyTheme(): void {
  const chosen = readStored<Theme | null>(localStorage, KEY, null);
  if (chosen === null) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
}

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'] as Theme | undefined;
  return chosen ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

export function switchTheme(): Theme {
  const next = currentTheme() === 'dark' ? 'light' : 'dark';
  writeStored(localStorage, KEY, next);
  applyTheme();
  return next;
}
