/** The microphone: chunks of encoded audio, and the level. */

const CHUNK_MS = 250;

const FORMATS = [
  { type: 'audio/webm;codecs=opus', format: 'webm' },
  { type: 'audio/mp4', format: 'mp4' },
  { type: 'audio/ogg;codecs=opus', format: 'ogg' },
] as const;

/** Why there is no microphone, as a sentence. */
export class MicrophoneError extends Error {}

export class Microphone {
  readonly format: 'webm' | 'mp4' | 'ogg';
  readonly #media: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  static async open(): Promise<Microphone> {
    const found = FORMATS.find(({ type }) => MediaRecorder.isTypeSupported(type));
    if (found === undefined) {
      throw new MicrophoneError('This browser records no format that can be sent.');
    }
    try {
      const media = await navigator.mediaDevices.getUserMedia({ audio: true });
      return new Microphone(media, found.type, found.format);
    } catch (cause) {
      const isRefused = cause instanceof DOMException && cause.name === 'NotAllowedError';
      throw new MicrophoneError(
        isRefused
          ? 'The browser does not allow the microphone. Its address bar has the switch.'
          : 'No microphone was found.',
        { cause },
      );
    }
  }

  private constructor(media: MediaStream, type: string, format: 'webm' | 'mp4' | 'ogg') {
    this.format = format;
    this.#media = media;
    this.#recorder = new MediaRecorder(media, { mimeType: type });
    this.#context = new AudioContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(media).connect(this.#analyser);
  }

  /** Begins to record. */
  onChunk(listener: (chunk: Blob) => void): void {
    this.#recorder.addEventListener('dataavailable', ({ data }) => {
      if (data.size > 0) listener(data);
    });
    this.#recorder.start(CHUNK_MS);
  }

  /** The level now, from 0 to 1: 60 dB are the whole scale. */
  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const decibels = 10 * Math.log10(sum / this.#samples.length + 1e-9);
    return Math.min(1, Math.max(0, (decibels + 60) / 60));
  }

  /** Stops, and waits until the last chunk was handed over. */
  async finish(): Promise<void> {
    if (this.#recorder.state !== 'inactive') {
      const stopped = new Promise((resolve) => {
        this.#recorder.addEventListener('stop', resolve, { once: true });
      });
      this.#recorder.stop();
      await stopped;
    }
    this.close();
  }

  close(): void {
    for (const track of this.#media.getTracks()) track.stop();
    void this.#context.close();
  }
}
