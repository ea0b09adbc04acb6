/** An audio stream to the server. */

import type { Target } from './connection/negotiate.js';
import type { TrustedFrame } from './connection/trust.js';
import { SwitchboardError } from './error.js';
import type { FeedLink } from './feed-link.js';
import { isA } from './frames.js';
import type { Frame } from './frames.js';
import { Resource } from './resource.js';
import type { AudioState, AudioSummary } from './types.js';

export interface AudioOptions {
  /** Keeps the recording until it is transcribed. */
  transcribe?: boolean;
  /** The container of the chunks; needed for a transcript. */
  format?: 'webm' | 'ogg' | 'mp3' | 'mp4' | 'wav';
}

export interface AudioEvents {
  transcript: { readonly recordingId: string; readonly text: string };
}

const NO_STREAM = {
  isStreaming: false,
  sentChunks: 0,
  acknowledgedChunks: 0,
  sentBytes: 0,
  missing: [],
  summary: null,
  recordingId: null,
  transcript: null,
  transcriptError: null,
};

/** Made by `switchboard.audio`. */
export class AudioStream extends Resource<AudioState, AudioEvents> {
  /** @internal */
  readonly target: Target = { parameter: 'channel', value: 'audio' };
  readonly #link: FeedLink;
  #sequence = 0;
  /** Settled when every frame so far was handed over. */
  #turn: Promise<void> = Promise.resolve();

  /** @internal */
  constructor(link: FeedLink) {
    super({ status: 'connecting', error: null, ...NO_STREAM });
    this.#link = link;
  }

  /** Begins a stream; an unfinished one is dropped. */
  async start(options: AudioOptions = {}): Promise<void> {
    await this.#turn;
    const reply = await this.#link.request({ type: 'audio.start', ...options }, { retry: false });
    const recordingId = isA(reply, 'audio_started') ? (reply.recordingId ?? null) : null;
    this.#sequence = 0;
    this.update({ ...NO_STREAM, isStreaming: true, recordingId });
  }

  /** Sends the next chunk, at most 512 KiB. Chunks are live: while offline they are lost. */
  async send(chunk: ArrayBuffer | Uint8Array | Blob): Promise<void> {
    const sequence = this.#sequence;
    this.#sequence += 1;
    const reading = bytesOf(chunk);
    // A blob may take longer to read than the next one, and than the call of `end`.
    const asking = this.#turn.then(async () => {
      const bytes = await reading;
      const { sentChunks, sentBytes } = this.snapshot;
      this.update({ sentChunks: sentChunks + 1, sentBytes: sentBytes + bytes.length });
      const timestamp = Date.now();
      const frame: Frame = { type: 'audio', data: base64(bytes), timestamp, sequence };
      // Wrapped, so that the next frame does not wait for this reply.
      return { reply: this.#link.request(frame, { retry: false }) };
    });
    this.#turn = asking.then(
      () => {},
      () => {},
    );
    const reply = await (await asking).reply;
    if (!isA(reply, 'audio_received')) return;
    this.update({
      acknowledgedChunks: this.snapshot.acknowledgedChunks + 1,
      missing: reply.missing ?? [],
    });
  }

  /** Ends the stream. A transcript arrives later, as an event and in the state. */
  async end(): Promise<AudioSummary> {
    await this.#turn;
    const reply = await this.#link.request({ type: 'audio.end' }, { retry: false });
    this.update({ isStreaming: false });
    if (!isA(reply, 'audio_summary')) {
      throw new SwitchboardError('the reply is not a summary', { code: 'internal' });
    }
    const { chunks, bytes, durationSeconds, missing } = reply;
    const recordingId = reply['recordingId'];
    const summary: AudioSummary = {
      chunks,
      bytes,
      durationSeconds: durationSeconds ?? undefined,
      missing,
      recordingId: typeof recordingId === 'string' ? recordingId : undefined,
    };
    this.update({ summary, recordingId: summary.recordingId ?? this.snapshot.recordingId });
    return summary;
  }

  /** @internal */
  online(): void {
    this.update({ status: 'ready', error: null });
  }

  /** @internal */
  receive({ frame, group }: TrustedFrame): void {
    if (!isA(frame, 'audio_transcript') || group !== undefined) return;
    const { recordingId, text, error } = frame;
    if (recordingId !== this.snapshot.recordingId) return;
    this.update({ transcript: text ?? null, transcriptError: error ?? null });
    if (typeof text === 'string') this.emit('transcript', { recordingId, text });
  }
}

async function bytesOf(chunk: ArrayBuffer | Uint8Array | Blob): Promise<Uint8Array> {
  if (chunk instanceof Uint8Array) return chunk;
  return new Uint8Array(chunk instanceof ArrayBuffer ? chunk : await chunk.arrayBuffer());
}

/** In pieces, because a call has only so many arguments. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
