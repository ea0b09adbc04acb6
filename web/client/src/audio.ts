/** An audio stream to the server. */

import { Observable } from './observable.js';
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

/** Made by `switchboard.audio`. */
export class AudioStream extends Observable<AudioState, AudioEvents> {
  /** Begins a stream; an unfinished one is dropped. */
  start(options?: AudioOptions): Promise<void> {
    throw new Error(`${options}`);
  }
  /** Sends the next chunk, at most 512 KiB. Chunks are live: while offline they are lost. */
  send(chunk: ArrayBuffer | Uint8Array | Blob): Promise<void> {
    throw new Error(`${chunk}`);
  }
  /** Ends the stream. A transcript arrives later, as an event and in the state. */
  end(): Promise<AudioSummary> {
    throw new Error();
  }
  close(): void {
    throw new Error();
  }
}
