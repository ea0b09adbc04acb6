/** The connection inspector: every frame in and out, and the facts of the connection. */

import { useSwitchboard } from '@switchboard/client/react';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';

import { CopyButton } from '../ui/CopyButton';
import { Icon } from '../ui/Icon';
import { toast } from '../ui/toasts';
import { ConnectionFacts, FrameFacts } from './Facts';
import { Entry } from './Entry';
import type { InspectorLog, LogSnapshot, Numbered } from './log';

/** How many entries are drawn at once. */
const MAX_SHOWN = 400;

type Direction = 'all' | 'in' | 'out';

const NOISE = new Set(['ping', 'pong', 'sequenceAck', 'ack']);

export function Inspector({ log, onClose }: { log: InspectorLog; onClose: () => void }) {
  const switchboard = useSwitchboard();
  const live = useSyncExternalStore(log.subscribe, log.read);
  const [frozen, setFrozen] = useState<LogSnapshot | null>(null);
  const [text, setText] = useState('');
  const [direction, setDirection] = useState<Direction>('all');
  const [hidesNoise, setHidesNoise] = useState(true);
  const [picked, setPicked] = useState<number | null>(null);
  const resize = useResize();

  const shown = frozen ?? live;
  const matching = useMemo(
    () => shown.entries.filter((entry) => matches(entry, text, direction, hidesNoise)),
    [shown.entries, text, direction, hidesNoise],
  );
  const visible = matching.slice(-MAX_SHOWN);
  const selected = shown.entries.find((entry) => entry.number === picked);

  const drop = (): void => {
    const count = switchboard.dropSocket();
    if (count === 0) toast('No socket is open', 'There is nothing to drop.', 'cut');
  };

  return (
    <section className="inspector" aria-label="Connection inspector" ref={resize.box}>
      <div className="resize" aria-hidden="true" onPointerDown={resize.start} />
      <div className="tools">
        <h2 className="grow">Inspector</h2>
        <input
          className="input small"
          type="search"
          placeholder="Filter by type or text"
          aria-label="Filter frames"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <select
          className="input small direction"
          aria-label="Direction"
          value={direction}
          onChange={(event) => setDirection(event.currentTarget.value as Direction)}
        >
          <option value="all">In and out</option>
          <option value="in">In</option>
          <option value="out">Out</option>
        </select>
        <button
          type="button"
          className="button small only-wide"
          aria-pressed={hidesNoise}
          title="Hides pings and acknowledgements of the protocol"
          onClick={() => setHidesNoise(!hidesNoise)}
        >
          Hide acks
        </button>
        <button
          type="button"
          className="button small"
          aria-pressed={frozen !== null}
          onClick={() => setFrozen(frozen === null ? live : null)}
        >
          <Icon name={frozen === null ? 'pause' : 'play'} size={14} />
          {frozen === null ? 'Pause' : 'Resume'}
        </button>
        <CopyButton label="Copy" text={() => matching.map((entry) => asLine(entry)).join('\n')} />
        <button
          type="button"
          className="button plain small only-wide"
          onClick={() => {
            log.clear();
            setFrozen(null);
          }}
        >
          Clear
        </button>
        <button type="button" className="button small danger" onClick={drop}>
          <Icon name="cut" size={15} />
          Drop socket
        </button>
        <button
          type="button"
          className="button plain icon small"
          aria-label="Close the inspector"
          onClick={onClose}
        >
          <Icon name="close" size={16} />
        </button>
      </div>
      <div className="panes">
        <div className="frames" tabIndex={0} role="region" aria-label="Frames">
          <ol>
            {visible.length === 0 && (
              <li className="mark">
                {shown.entries.length === 0 ? 'Nothing has passed yet.' : 'No frame matches.'}
              </li>
            )}
            {visible.map((entry) => (
              <li key={entry.number}>
                <Entry
                  entry={entry}
                  isPicked={entry.number === picked}
                  onPick={() => setPicked(entry.number === picked ? null : entry.number)}
                />
              </li>
            ))}
          </ol>
        </div>
        <div className="facts-pane" tabIndex={0} role="region" aria-label="Facts">
          {selected?.kind === 'frame' ? (
            <FrameFacts entry={selected} onClose={() => setPicked(null)} />
          ) : (
            <ConnectionFacts snapshot={shown} />
          )}
        </div>
      </div>
    </section>
  );
}

function matches(
  entry: Numbered,
  text: string,
  direction: Direction,
  hidesNoise: boolean,
): boolean {
  if (entry.kind !== 'frame') return text === '' && direction === 'all';
  if (direction !== 'all' && entry.direction !== direction) return false;
  if (hidesNoise && NOISE.has(entry.envelope) && entry.type === undefined) return false;
  if (text === '') return true;
  const words = `${entry.envelope} ${entry.type ?? ''} ${entry.text}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(word));
}

/** One line of JSON for each entry, as other tools read it. */
function asLine({ number: _, ...entry }: Numbered): string {
  // The address holds a token, so it stays here.
  if (entry.kind !== 'negotiated') return JSON.stringify(entry);
  const { url: _url, accessToken: _token, baseUrl: _base, ...answer } = entry.answer;
  return JSON.stringify({ ...entry, answer });
}

/** Lets the upper edge be dragged. The height is a custom property, which the policy allows. */
function useResize() {
  const box = useRef<HTMLElement>(null);
  const [height, setHeight] = useState<number | null>(null);
  useEffect(() => {
    if (height !== null) box.current?.style.setProperty('--dock-height', `${height}px`);
  }, [height]);
  const start = (event: { clientY: number; preventDefault: () => void }): void => {
    event.preventDefault();
    const from = event.clientY;
    const before = box.current?.offsetHeight ?? 0;
    const move = (at: PointerEvent): void => {
      const wanted = before + from - at.clientY;
      setHeight(Math.min(Math.max(wanted, 140), window.innerHeight - 200));
    };
    const end = (): void => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
  };
  return { box, start };
}
