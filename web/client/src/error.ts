/** The one class of errors that this package throws, and how refusals of the server become it. */

/** Codes that arise in the client. All others are the server's, and are listed in its README. */
export type ClientCode = 'network' | 'timeout' | 'disconnected' | 'closed';

/** Fields of a {@link SwitchboardError} beside its message. */
export interface ErrorDetails {
  code: string;
  status?: number | undefined;
  closeCode?: number | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** A refusal or a failure. `code` is stable, `message` is a sentence for developers. */
export class SwitchboardError extends Error {
  /** Such as `wrong_password`, `rate_limited`, or a {@link ClientCode}. */
  readonly code: string;
  /** The HTTP status, if a call was refused. */
  readonly status: number | undefined;
  /** The code with which a socket server would have closed the connection. */
  readonly closeCode: number | undefined;
  /** How long to wait before another try. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SwitchboardError';
    this.code = details.code;
    this.status = details.status;
    this.closeCode = details.closeCode;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the same call may succeed later without a change. */
  get isTemporary(): boolean {
    return TEMPORARY.has(this.code) || (this.status !== undefined && this.status >= 500);
  }
}

const TEMPORARY = new Set([
  'network',
  'timeout',
  'disconnected',
  'rate_limited',
  'unavailable',
  'internal',
]);

/** @internal Any failure as an error of this package. */
export function asError(error: unknown): SwitchboardError {
  if (error instanceof SwitchboardError) return error;
  const message = error instanceof Error ? error.message : 'failed';
  return new SwitchboardError(message, { code: 'network', cause: error });
}

/** @internal */
export function closed(): SwitchboardError {
  return new SwitchboardError('the connection was closed by this page', { code: 'closed' });
}
