/** One device: a chart for each number that it sends, and a form for commands. */

import type { CommandResult, Telemetry } from '@switchboard/client';
import { useDevice } from '@switchboard/client/react';
import { useMemo, useState } from 'react';

import { exactTime } from '../../platform/format';
import { useAction } from '../../platform/hooks';
import { Icon } from '../../ui/Icon';
import { Json } from '../../ui/Json';
import { Plot, type Point } from '../../ui/Plot';
import { ErrorNote, Loading } from '../../ui/states';

const MAX_SERIES = 4;
const MAX_POINTS = 120;

export function DeviceCard({ deviceId, mayCommand }: { deviceId: string; mayCommand: boolean }) {
  const state = useDevice(deviceId);
  const { telemetry, last, connectionState, device } = state;
  const series = useMemo(() => seriesOf(telemetry), [telemetry]);
  return (
    <section className="panel device" aria-label={`Device ${deviceId}`}>
      <header className="row spread">
        <h2 className="truncate">{deviceId}</h2>
        <span className="row muted">
          {connectionState !== null && (
            <i className={`dot ${connectionState === 'Connected' ? 'good' : ''}`} />
          )}
          <span className="tabular">
            {last === null ? 'nothing yet' : exactTime(Date.parse(last.enqueuedAt))}
          </span>
        </span>
      </header>
      {state.status === 'failed' && <ErrorNote error={state.error} />}
      {series.length === 0 && (
        <div className="waiting">
          {last === null ? <Loading label="Loading telemetry" lines={5} /> : <Json value={last.body} />}
        </div>
      )}
      {series.map(({ name, points }) => (
        <figure className="series" key={name}>
          <figcaption>
            <span>{name}</span>
            <strong className="tabular">{format(points.at(-1)?.value)}</strong>
          </figcaption>
          <Plot
            points={points}
            height={56}
            label={`${name} of ${deviceId}, now ${format(points.at(-1)?.value)}`}
          />
        </figure>
      ))}
      {mayCommand && device !== null && (
        <Command
          deviceId={deviceId}
          send={(method, payload) => device.command(method, { payload })}
        />
      )}
    </section>
  );
}

interface CommandProps {
  deviceId: string;
  send: (method: string, payload: unknown) => Promise<CommandResult>;
}

function Command({ deviceId, send }: CommandProps) {
  const [method, setMethod] = useState('setTarget');
  const [payload, setPayload] = useState('{"temperature": 24}');
  const [result, setResult] = useState<CommandResult | null>(null);
  const run = useAction(async () => {
    setResult(null);
    setResult(await send(method, payload.trim() === '' ? undefined : JSON.parse(payload)));
  });
  return (
    <form
      className="command"
      onSubmit={(event) => {
        event.preventDefault();
        void run.run();
      }}
    >
      <div className="call">
        <input
          className="input small"
          aria-label="Command"
          value={method}
          required
          onInput={(event) => setMethod(event.currentTarget.value)}
        />
        <input
          className="input small mono payload"
          aria-label="Payload, as JSON"
          placeholder="payload, as JSON"
          value={payload}
          onInput={(event) => setPayload(event.currentTarget.value)}
        />
        <button
          type="submit"
          className="button icon small"
          aria-label={`Send the command to ${deviceId}`}
          disabled={run.isRunning}
        >
          <Icon name="send" size={14} />
        </button>
      </div>
      <ErrorNote error={run.error} />
      {result !== null && (
        <div className="note" role="status">
          <span className="grow">
            Answered {result.status}
            <Json value={result.payload} />
          </span>
        </div>
      )}
    </form>
  );
}

/** The numbers in the bodies, by name. */
function seriesOf(telemetry: readonly Telemetry[]): { name: string; points: Point[] }[] {
  const series = new Map<string, Point[]>();
  for (const { enqueuedAt, body } of telemetry.slice(-MAX_POINTS)) {
    if (typeof body !== 'object' || body === null) continue;
    for (const [name, value] of Object.entries(body)) {
      if (typeof value !== 'number') continue;
      const points = series.get(name) ?? [];
      points.push({ at: Date.parse(enqueuedAt), value });
      series.set(name, points);
    }
  }
  return [...series].slice(0, MAX_SERIES).map(([name, points]) => ({ name, points }));
}

function format(value: number | undefined): string {
  if (value === undefined) return '–';
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
