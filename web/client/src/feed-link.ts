/** What feeds need of the connection that carries them. */

import type { RequestOptions } from './connection/requests.js';
import type { Frame } from './frames.js';
import type { Http } from './http.js';

/** @internal */
export interface FeedLink {
  readonly http: Http;
  userId(): string | null;
  request(frame: Frame, options: RequestOptions): Promise<Frame>;
  /** Sends a frame that expects no reply. Rejects if there is no connection. */
  tell(frame: Frame): void;
}
