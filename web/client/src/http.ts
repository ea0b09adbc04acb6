/** Calls of the HTTP API, with the sign-in of the connection. */

/** What one call adds to its path. */
export interface CallOptions {
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** A repeat of the call with the same key does nothing and gets the first answer. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** `switchboard.http`: for the parts of the API that need no socket. */
export class Http {
  /** Refusals become a `SwitchboardError`. `path` is below `/api`, such as `rooms/lobby/presence`. */
  async request<Answer>(method: string, path: string, options?: CallOptions): Promise<Answer> {
    throw new Error(`${method} ${path} ${options}`);
  }
}
