/** A device: its telemetry, and commands to it. */

import { asError } from './error.js';
import type { Target } from './connection/negotiate.js';
import type { TrustedFrame } from './connection/trust.js';
import type { FeedLink } from './feed-link.js';
import { isA } from './frames.js';
import { Resource } from './resource.js';
import type { CommandResult, DeviceState, Telemetry } from './types.js';

export interface CommandOptions {
  payload?: unknown;
  /** 5 to 200; 30 if absent. */
  timeoutSeconds?: number;
}

const PAGE = 200;
const MAX_TELEMETRY = 1000;

/** Made by `switchboard.device`. */
export class Device extends Resource<DeviceState, { telemetry: Telemetry }> {
  readonly deviceId: string;
  /** @internal */
  readonly target: Target;
  readonly #link: FeedLink;

  /** @internal */
  constructor(deviceId: string, link: FeedLink) {
    super({ status: 'connecting', error: null, telemetry: [], last: null, connectionState: null });
    this.deviceId = deviceId;
    this.target = { parameter: 'device_id', value: deviceId };
    this.#link = link;
  }

  /** Calls a direct method of the device. For callers with the role `publisher`. */
  command(method: string, options: CommandOptions = {}): Promise<CommandResult> {
    const body = { device_id: this.deviceId, method, ...options };
    return this.#link.http.request('POST', 'devices/commands', { body });
  }

  /** @internal What was missed is in the history. */
  online(): void {
    this.#load().catch((error: unknown) => {
      const known = asError(error);
      // The live values need no history.
      this.update({ status: 'ready', error: known });
    });
  }

  /** @internal */
  receive({ frame }: TrustedFrame): void {
    if (!isA(frame, 'telemetry') || frame.deviceId !== this.deviceId) return;
    const { enqueuedAt, sequence, properties, body, deviceId } = frame;
    const telemetry = { deviceId, enqueuedAt, sequence, properties, body };
    if (this.#add([telemetry])) this.emit('telemetry', telemetry);
  }

  async #load(): Promise<void> {
    const { http } = this.#link;
    const query = { device_id: this.deviceId };
    const record = http.request<{ connectionState?: string | null }>('GET', 'devices', { query });
    const history = http.request<{ telemetry: Omit<Telemetry, 'deviceId'>[] }>(
      'GET',
      'devices/telemetry',
      { query: { ...query, limit: PAGE } },
    );
    // A device that never sent anything is unknown to the server, but may begin at any time.
    const { connectionState } = await record.catch((error: unknown) => {
      if (asError(error).code === 'not_found') return { connectionState: null };
      throw error;
    });
    const { telemetry } = await history.catch((error: unknown) => {
      if (asError(error).code === 'not_found') return { telemetry: [] };
      throw error;
    });
    this.#add(telemetry.map((message) => ({ ...message, deviceId: this.deviceId })));
    this.update({ status: 'ready', error: null, connectionState: connectionState ?? null });
  }

  /** Returns whether something was new. Partitions count apart, so the time orders messages first. */
  #add(messages: readonly Telemetry[]): boolean {
    const known = new Set(this.snapshot.telemetry.map(keyOf));
    const added = messages.filter((message) => !known.has(keyOf(message)));
    if (added.length === 0) return false;
    const telemetry = [...this.snapshot.telemetry, ...added]
      .sort((a, b) => a.enqueuedAt.localeCompare(b.enqueuedAt) || a.sequence - b.sequence)
      .slice(-MAX_TELEMETRY);
    this.update({ telemetry, last: telemetry.at(-1) ?? null });
    return true;
  }
}

function keyOf({ enqueuedAt, sequence }: Telemetry): string {
  return `${sequence} ${enqueuedAt}`;
}
