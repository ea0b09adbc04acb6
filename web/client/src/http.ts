/** Calls of the HTTP API, with the sign-in of the connection. */

import { SwitchboardError } from './error.js';
import type { Operations } from './generated.js';

/** The parts of a call beside its path. */
export interface CallOptions {
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** A repeat of the call with the same key does nothing and gets the first answer. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** The arguments of an operation of the API. */
export type Arguments<Name extends keyof Operations> = Needed<'path', Operations[Name]['path']> &
  Needed<'query', Operations[Name]['query']> &
  Needed<'body', Operations[Name]['body']> &
  Pick<CallOptions, 'idempotencyKey' | 'signal'>;

type Needed<Part extends string, Type> = [Type] extends [undefined]
  ? unknown
  : object extends Type
    ? { readonly [Field in Part]?: Type }
    : { readonly [Field in Part]: Type };

export interface HttpSettings {
  readonly api: string;
  readonly getToken: () => Promise<string | null>;
  readonly fetch: typeof fetch;
}

/** `switchboard.http`: for the parts of the API that need no socket. */
export class Http {
  readonly #settings: HttpSettings;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
  }

  /** Calls an operation of the server's description, such as `GET rooms/{id}/presence`. */
  call<Name extends keyof Operations>(
    operation: Name,
    options: Arguments<Name>,
  ): Promise<Operations[Name]['answer']> {
    const { path = {}, ...others } = options as CallOptions & { path?: Record<string, string> };
    const [method = 'GET', template = ''] = operation.split(' ');
    // Ids need no encoding, and the colon of `chat:<id>` must have none.
    const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '');
    return this.request(method, filled, others);
  }

  /** Refusals become a `SwitchboardError`. `path` is below `/api`, such as `rooms/lobby/presence`. */
  async request<Answer>(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { api, getToken } = this.#settings;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) query.set(name, String(value));
    }
    const headers = new Headers();
    const token = await getToken();
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    if (options.body !== undefined) headers.set('Content-Type', 'application/json');
    if (options.idempotencyKey !== undefined) headers.set('Idempotency-Key', options.idempotencyKey);
    const search = query.toString();
    const address = `${api}/${path}${search === '' ? '' : `?${search}`}`;
    const request: RequestInit = { method, headers, signal: options.signal ?? null };
    if (options.body !== undefined) request.body = JSON.stringify(options.body);
    const response = await this.#fetch(address, request);
    if (!response.ok) throw await refusal(response);
    return (await answer(response)) as Answer;
  }

  async #fetch(address: string, request: RequestInit): Promise<Response> {
    // Browsers refuse to call `fetch` as a method of another object.
    const { fetch } = this.#settings;
    try {
      return await fetch(address, request);
    } catch (cause) {
      if (request.signal?.aborted) throw cause;
      throw new SwitchboardError('the server cannot be reached', { code: 'network', cause });
    }
  }
}

/** A success may have an empty body. */
async function answer(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Such as the sign-in page of a network that is not open yet.
    throw new SwitchboardError('the server answered with something else than JSON', {
      code: 'network',
      cause,
    });
  }
}

async function refusal(response: Response): Promise<SwitchboardError> {
  const text = await response.text().catch(() => '');
  const problem = asProblem(text);
  const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new SwitchboardError(problem.detail ?? `the server answered ${response.status}`, {
    code: problem.code ?? codeOf(response.status),
    status: response.status,
    closeCode: problem.closeCode,
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
  });
}

/** For answers that are not ours, such as those of a proxy. */
function codeOf(status: number): string {
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'unavailable';
  return status === 404 ? 'not_found' : 'forbidden';
}

interface Problem {
  code?: string;
  detail?: string;
  closeCode?: number;
}

function asProblem(text: string): Problem {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Problem) : {};
  } catch {
    return {};
  }
}
