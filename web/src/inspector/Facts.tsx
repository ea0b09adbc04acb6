/** The right side of the inspector: a frame in full, or the connection and its token. */

import type { FrameEntry, NegotiatedEntry } from '@switchboard/client';
import { useConnection } from '@switchboard/client/react';
import type { ReactNode } from 'react';

import { bytes, duration, exactTime, fullTime } from '../platform/format';
import { useNow } from '../platform/hooks';
import { sentenceOf } from '../platform/problem';
import { CopyButton } from '../ui/CopyButton';
import { Icon } from '../ui/Icon';
import { Json } from '../ui/Json';
import { type LogSnapshot, overallStatus, statusWord } from './log';

export function FrameFacts({ entry, onClose }: { entry: FrameEntry; onClose: () => void }) {
  return (
    <>
      <div className="row spread">
        <h3 className="truncate">{entry.type ?? entry.envelope}</h3>
        <span className="row">
          <CopyButton label="Copy" text={() => entry.text} />
          <button
            type="button"
            className="button plain icon small"
            aria-label="Back to the connection"
            onClick={onClose}
          >
            <Icon name="close" size={15} />
          </button>
        </span>
      </div>
      <Facts
        facts={[
          ['Direction', entry.direction === 'in' ? 'from the service' : 'to the service'],
          ['Time', exactTime(entry.at)],
          ['Size', bytes(entry.size)],
          ['Envelope', entry.envelope],
          ['Connection', String(entry.connection)],
          ...(entry.dropped === undefined
            ? []
            : ([['Dropped', WHY_DROPPED[entry.dropped]]] as const)),
        ]}
      />
      <Json value={parsed(entry.text)} />
    </>
  );
}

const WHY_DROPPED = {
  repeat: 'it was seen before',
  untrusted: 'it pretends to come from the server',
} as const;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function ConnectionFacts({ snapshot }: { snapshot: LogSnapshot }) {
  const { userId, signInEndsAt, error } = useConnection();
  const now = useNow(1000);
  const { totals } = snapshot;
  const status = overallStatus(snapshot.statuses);
  const statuses = [...snapshot.statuses.values()];
  const sum = (pick: (entry: (typeof statuses)[number]) => number): number =>
    statuses.reduce((total, entry) => total + pick(entry), 0);
  return (
    <>
      <h3>Connection</h3>
      <Facts
        facts={[
          ['State', statusWord(status) + (status === 'connected' || error === null ? '' : `: ${sentenceOf(error)}`)],
          ['User', userId ?? 'not known yet'],
          ['Recovered', `${sum((entry) => entry.recoveries)} times on the same connection`],
          ['Reconnected', `${sum((entry) => entry.reconnects)} times with a new one`],
          ['Filled in', `${totals.recovered} missed messages`],
          ['Sign-in', signInEndsAt === null ? 'has no end' : `${duration((signInEndsAt - now) / 1000)} left`],
          ['Renewed', `${totals.renewals} times`],
          ['Received', `${totals.framesIn} frames, ${bytes(totals.bytesIn)}`],
          ['Sent', `${totals.framesOut} frames, ${bytes(totals.bytesOut)}`],
        ]}
      />
      {[...snapshot.negotiated.values()].map((entry) => (
        <Negotiated key={entry.connection} entry={entry} />
      ))}
    </>
  );
}

function Negotiated({ entry }: { entry: NegotiatedEntry }) {
  const { answer, claims } = entry;
  return (
    <>
      <h3>Negotiate, connection {entry.connection}</h3>
      <Facts
        facts={[
          ['Hub', answer.hub],
          ['User', answer.userId],
          ['Room', answer.room ?? 'none'],
          ['Groups', answer.groups.join(', ') || 'none'],
          ['Roles', answer.roles.join(', ') || 'none'],
          ['Valid until', fullTime(answer.expiresAt)],
          ['Answered in', `${Math.round(entry.durationMs)} ms`],
        ]}
      />
      {claims !== null && (
        <>
          <h3>Its token, decoded</h3>
          <Json value={claims} />
        </>
      )}
    </>
  );
}

function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
