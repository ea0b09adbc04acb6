/** One line of the inspector: a frame, or a turn of the connection. */

import { useMemo } from 'react';

import { bytes, exactTime, plural } from '../platform/format';
import { sentenceOf } from '../platform/problem';
import { type Numbered, statusTone, statusWord } from './log';

interface Props {
  entry: Numbered;
  isPicked: boolean;
  onPick: () => void;
}

export function Entry({ entry, isPicked, onPick }: Props) {
  const glance = useMemo(() => (entry.kind === 'frame' ? glanceAt(entry.text) : ''), [entry]);
  if (entry.kind !== 'frame') return <Mark entry={entry} />;
  const isIn = entry.direction === 'in';
  const classes = ['frame', entry.direction];
  if (entry.type === undefined) classes.push('quiet');
  if (entry.dropped !== undefined) classes.push('dropped');
  return (
    <button
      type="button"
      className={classes.join(' ')}
      aria-pressed={isPicked}
      onClick={onPick}
      title={entry.dropped === undefined ? undefined : `Dropped: ${entry.dropped}`}
    >
      <span className="at">{exactTime(entry.at)}</span>
      <span className="conn">{entry.connection}</span>
      <span className="arrow">
        <span aria-hidden="true">{isIn ? '↓' : '↑'}</span>
        <span className="visually-hidden">{isIn ? 'in' : 'out'}</span>
      </span>
      <span className="type truncate">{entry.type ?? entry.envelope}</span>
      <span className="size">{bytes(entry.size)}</span>
      <span className="glance truncate">{glance}</span>
    </button>
  );
}

/** The content of the envelope, as far as it fits into a line. */
function glanceAt(text: string): string {
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    if (typeof data === 'object' && data !== null) {
      const { type: _, ...rest } = data as Record<string, unknown>;
      return JSON.stringify(rest).slice(1, 300).replace(/}$/, '');
    }
  } catch {
    // Not every frame is JSON.
  }
  return text.slice(0, 300);
}

function Mark({ entry }: { entry: Exclude<Numbered, { kind: 'frame' }> }) {
  const [tone, text] = described(entry);
  return (
    <div className={`mark ${tone}`}>
      <span className="at">{exactTime(entry.at)}</span>
      <span>{text}</span>
    </div>
  );
}

function described(entry: Exclude<Numbered, { kind: 'frame' }>): [string, string] {
  switch (entry.kind) {
    case 'status': {
      const why = entry.error === undefined ? '' : `: ${sentenceOf(entry.error)}`;
      return [
        statusTone(entry.status),
        `Connection ${entry.connection} ${statusWord(entry.status).toLowerCase()}${why}`,
      ];
    }
    case 'negotiated': {
      const groups = plural(entry.answer.groups.length, 'group');
      return [
        '',
        `Connection ${entry.connection} negotiated as ${entry.answer.userId} with ${groups} in ${Math.round(entry.durationMs)} ms`,
      ];
    }
    case 'recovered':
      return ['good', `${plural(entry.messages, 'missed message')} of ${entry.group} filled in`];
    case 'authenticated':
      return ['good', `Sign-in renewed on connection ${entry.connection}`];
  }
}
