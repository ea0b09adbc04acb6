/** The health of the back end: each service's state and latency, with what was seen before. */

import { useCallback, useState } from 'react';

import { duration, exactTime } from '../../platform/format';
import { usePolling } from '../../platform/hooks';
import { Loading } from '../../ui/states';
import { Plot, type Point } from '../../ui/Plot';
import { addSample, type Health, type Part, type Sample, useSamples } from './samples';

/** The server keeps its checks for five seconds. */
const EVERY_MS = 5000;

const NAMES: Record<string, string> = {
  webPubSub: 'Web PubSub',
  store: 'Store',
  assistant: 'Assistant',
  iotHub: 'IoT Hub',
};

const WORDS = { ok: 'Works', degraded: 'Does not work', disabled: 'Not configured' } as const;
const TONES = { ok: 'good', degraded: 'bad', disabled: '' } as const;

export function HealthView({ api }: { api: string }) {
  const samples = useSamples();
  const [isAsking, setAsking] = useState(false);
  const ask = useCallback(() => {
    setAsking(true);
    const from = performance.now();
    read(api)
      .then((health) => addSample({ at: Date.now(), tookMs: performance.now() - from, health }))
      .catch(() => addSample({ at: Date.now(), tookMs: null, health: null }))
      .finally(() => setAsking(false));
  }, [api]);
  usePolling(ask, EVERY_MS);
  const last = samples.at(-1);
  const health = samples.findLast((sample) => sample.health !== null)?.health ?? null;
  const names = Object.keys(health?.services ?? {});
  return (
    <div className="page" tabIndex={0}>
      <header className="view-bar">
        <div className="titles">
          <h1>Health</h1>
          <p role="status">
            {last === undefined
              ? 'Asking'
              : last.health === null
                ? 'The back end does not answer'
                : last.health.status === 'ok'
                  ? 'Everything needed works'
                  : 'Something needed does not work'}
          </p>
        </div>
        <i className={`dot ${isAsking ? 'busy' : ''} ${last?.health?.status === 'ok' ? 'good' : 'bad'}`} />
      </header>
      {last === undefined ? (
        <Loading label="Asking for the health" />
      ) : (
        <div className="page-body">
          <dl className="figures">
            <Figure name="Round trip" value={last.tookMs === null ? '–' : `${last.tookMs.toFixed(0)} ms`} />
            <Figure name="Open connections" value={health?.connections?.toString() ?? '–'} />
            <Figure name="Running for" value={health === null ? '–' : duration(health.uptimeSeconds)} />
            <Figure name="Version" value={health?.version ?? '–'} />
          </dl>
          <section className="panel">
            <header className="row spread">
              <h2>Round trip from this page</h2>
              <span className="muted tabular">{exactTime(last.at)}</span>
            </header>
            <Plot
              filled
              min={0}
              width={900}
              height={120}
              points={points(samples, (sample) => sample.tookMs)}
              label={`Round trip in milliseconds, now ${last.tookMs?.toFixed(0) ?? 'unknown'}`}
            />
          </section>
          <div className="cards">
            {names.map((name) => (
              <Service key={name} name={name} samples={samples} />
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Service({ name, samples }: { name: string; samples: readonly Sample[] }) {
  const part = (sample: Sample): Part | undefined => sample.health?.services[name];
  const latest = samples.at(-1);
  const now = latest === undefined ? undefined : part(latest);
  const status = now?.status ?? 'degraded';
  return (
    <section className="panel">
      <header className="row spread">
        <h2>{NAMES[name] ?? name}</h2>
        <span className="row">
          <i className={`dot ${TONES[status]}`} />
          {WORDS[status]}
        </span>
      </header>
      <div className="blocks" role="img" aria-label={`${NAMES[name] ?? name}: the last ${samples.length} checks`}>
        {samples.slice(-60).map((sample) => (
          <i key={sample.at} className={`block ${TONES[part(sample)?.status ?? 'degraded']}`} />
        ))}
      </div>
      {status !== 'disabled' && (
        <>
          <Plot
            min={0}
            points={points(samples, (sample) => part(sample)?.latencyMs ?? null)}
            label={`Latency of ${NAMES[name] ?? name} in milliseconds`}
            height={56}
          />
          <p className="muted tabular">
            {now?.latencyMs === undefined ? (now?.detail ?? '') : `${now.latencyMs} ms`}
          </p>
        </>
      )}
    </section>
  );
}

function points(samples: readonly Sample[], pick: (sample: Sample) => number | null): Point[] {
  return samples.flatMap((sample) => {
    const value = pick(sample);
    return value === null ? [] : [{ at: sample.at, value }];
  });
}

/** A degraded back end answers 503, with its health in the body like a good one. */
async function read(api: string): Promise<Health> {
  const response = await fetch(`${api}/health`, { cache: 'no-store' });
  return (await response.json()) as Health;
}
