/** Copies text, and says that it did. */

import { useState } from 'react';

import { Icon } from './Icon';

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text());
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" className="button plain small" onClick={() => void copy()}>
      <Icon name={isDone ? 'check' : 'copy'} size={15} />
      <span aria-live="polite">{isDone ? 'Copied' : label}</span>
    </button>
  );
}
