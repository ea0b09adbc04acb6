/** The connection, as feeds use it. */

import type { RequestOptions } from './connection/requests.js';
import type { Frame } from './frames.js';
import type { Http } from './http.js';

/** @internal */
export interface FeedLink {
  readonly http: Http;
  userId(): string | null;
  request(frame: Frame, options: RequestOptions): Promise<Frame>;
  /** Sends a frame that expects no reply. While there is no connection it is dropped. */
  tell(frame: Frame): void;
}
