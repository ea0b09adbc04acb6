/** The line at the bottom of the page: the state of the connection at a glance. */

import { useConnection } from '@switchboard/client/react';
import { useSyncExternalStore } from 'react';

import { bytes, duration, plural } from '../platform/format';
import { useNow } from '../platform/hooks';
import { Icon } from '../ui/Icon';
import { type InspectorLog, overallStatus, PULSE_SECONDS, statusTone, statusWord } from './log';

interface Props {
  log: InspectorLog;
  isOpen: boolean;
  onToggle: () => void;
}

export function StatusBar({ log, isOpen, onToggle }: Props) {
  const { signInEndsAt } = useConnection();
  const { totals, statuses, pulse } = useSyncExternalStore(log.subscribe, log.read);
  const now = useNow(1000);
  const status = overallStatus(statuses);
  const tone = statusTone(status);
  const restored = [...statuses.values()].reduce(
    (sum, entry) => sum + entry.reconnects + entry.recoveries,
    0,
  );
  return (
    <button
      type="button"
      className="statusbar"
      aria-expanded={isOpen}
      onClick={onToggle}
    >
      <span className="state">
        <span className="visually-hidden">Connection inspector. </span>
        <i className={`dot ${tone}${tone === 'warn' ? ' busy' : ''}`} />
        {statusWord(status)}
      </span>
      <span className="pulse only-wide">
        <Pulse counts={pulse} />
      </span>
      <span>
        ↑ {totals.framesOut} ↓ {totals.framesIn}
      </span>
      <span className="only-wide">{bytes(totals.bytesIn + totals.bytesOut)}</span>
      <span>{plural(restored, 'recovery', 'recoveries')}</span>
      {totals.recovered > 0 && (
        <span className="only-wide">{plural(totals.recovered, 'message')} filled in</span>
      )}
      {signInEndsAt !== null && (
        <span className="only-wide">
          sign-in renews in {duration((signInEndsAt - now) / 1000)}
        </span>
      )}
      <span className="toggle">
        <Icon name="inspector" size={15} />
        <span className="only-wide">{isOpen ? 'Hide inspector' : 'Inspector'}</span>
      </span>
    </button>
  );
}

/** Frames in each of the last seconds, as bars. */
function Pulse({ counts }: { counts: readonly number[] }) {
  const most = Math.max(4, ...counts);
  return (
    <svg width={PULSE_SECONDS * 3} height="14" aria-hidden="true">
      {counts.map((count, index) => {
        const height = count === 0 ? 1 : 2 + (count / most) * 12;
        return (
          <rect
            key={index}
            x={index * 3}
            y={14 - height}
            width="2"
            height={height}
            rx="0.5"
            fill="currentColor"
            opacity={count === 0 ? 0.3 : 1}
          />
        );
      })}
    </svg>
  );
}
