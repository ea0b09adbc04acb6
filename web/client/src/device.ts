/** A device: its telemetry, and commands to it. */

import { Observable } from './observable.js';
import type { CommandResult, DeviceState, Telemetry } from './types.js';

export interface CommandOptions {
  payload?: unknown;
  /** 5 to 200; 30 if absent. */
  timeoutSeconds?: number;
}

/** Made by `switchboard.device`. */
export class Device extends Observable<DeviceState, { telemetry: Telemetry }> {
  readonly deviceId!: string;
  /** Calls a direct method of the device. For callers with the role `publisher`. */
  command(method: string, options?: CommandOptions): Promise<CommandResult> {
    throw new Error(`${method} ${options}`);
  }
  close(): void {
    throw new Error();
  }
}
