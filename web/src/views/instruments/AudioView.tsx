/** Audio: the microphone, its level, what was acknowledged, and the transcript. */

import { useAudio } from '@switchboard/client/react';
import { useState } from 'react';

import type { Me } from '../../identity/identity';
import { bytes, duration, plural } from '../../platform/format';
import { useAction } from '../../platform/hooks';
import { sentenceOfCode } from '../../platform/problem';
import { Icon } from '../../ui/Icon';
import { ErrorNote, Failed } from '../../ui/states';
import { LevelMeter } from './LevelMeter';
import { Microphone, MicrophoneError } from './microphone';

export function AudioView({ me: _ }: { me: Me }) {
  const state = useAudio();
  const { stream } = state;
  const [microphone, setMicrophone] = useState<Microphone | null>(null);
  const [transcribes, setTranscribes] = useState(false);
  const start = useAction(async () => {
    if (stream === null) return;
    const opened = await Microphone.open();
    try {
      await stream.start({
        ...(transcribes && { transcribe: true, format: opened.format }),
      });
    } catch (error) {
      opened.close();
      throw error;
    }
    opened.onChunk((chunk) => {
      // A chunk that is lost shows as a gap.
      stream.send(chunk).catch(() => {});
    });
    setMicrophone(opened);
  });
  const stop = useAction(async () => {
    await microphone?.finish();
    setMicrophone(null);
    await stream?.end();
  });
  const isOn = microphone !== null;
  const waiting = state.sentChunks - state.acknowledgedChunks;
  return (
    <div className="page" tabIndex={0}>
      <header className="view-bar">
        <div className="titles">
          <h1>Audio</h1>
          <p role="status">{isOn ? 'Streaming to the server' : 'The microphone is off'}</p>
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={transcribes}
            disabled={isOn}
            onChange={(event) => setTranscribes(event.currentTarget.checked)}
          />
          Transcribe
        </label>
        {isOn ? (
          <button
            type="button"
            className="button danger"
            disabled={stop.isRunning}
            onClick={() => void stop.run()}
          >
            <Icon name="stop" size={16} />
            Stop
          </button>
        ) : (
          <button
            type="button"
            className="button primary"
            disabled={start.isRunning || stream === null || state.status === 'failed'}
            onClick={() => void start.run()}
          >
            <Icon name="audio" size={16} />
            Start
          </button>
        )}
      </header>
      {state.status === 'failed' ? (
        <Failed what="Audio streams" error={state.error} />
      ) : (
        <div className="page-body">
          {start.error instanceof MicrophoneError ? (
            <div className="note bad" role="alert">
              <Icon name="warning" size={16} />
              <span>{start.error.message}</span>
            </div>
          ) : (
            <ErrorNote error={start.error ?? stop.error} />
          )}
          <section className="panel">
            <LevelMeter microphone={microphone} />
          </section>
          <dl className="figures">
            <div>
              <dt>Sent</dt>
              <dd>{plural(state.sentChunks, 'chunk')}</dd>
            </div>
            <div>
              <dt>Acknowledged</dt>
              <dd data-testid="acknowledged">{state.acknowledgedChunks}</dd>
            </div>
            <div>
              <dt>On the way</dt>
              <dd>{Math.max(0, waiting)}</dd>
            </div>
            <div>
              <dt>Volume</dt>
              <dd>{bytes(state.sentBytes)}</dd>
            </div>
          </dl>
          <section className="panel">
            <h2>Gaps</h2>
            {state.missing.length === 0 ? (
              <p className="muted">The server has every chunk.</p>
            ) : (
              <p className="mono">Missing: {state.missing.join(', ')}</p>
            )}
          </section>
          {state.summary !== null && (
            <section className="panel" aria-label="Summary">
              <h2>The last stream</h2>
              <p>
                {plural(state.summary.chunks, 'chunk')}, {bytes(state.summary.bytes)}
                {state.summary.durationSeconds !== undefined &&
                  `, ${duration(state.summary.durationSeconds)}`}
                , {plural(state.summary.missing.length, 'gap')}.
              </p>
              {state.recordingId !== null && (
                <p className="text" aria-live="polite">
                  {state.transcript ??
                    (state.transcriptError === null
                      ? 'The transcript is being made.'
                      : sentenceOfCode(state.transcriptError))}
                </p>
              )}
            </section>
          )}
        </div>
      )}
    </div>
  );
}
