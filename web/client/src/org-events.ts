/** The events of an organisation. */

import { Observable } from './observable.js';
import type { OrgEvent, OrgEventsState } from './types.js';

/** Made by `switchboard.orgEvents`. */
export class OrgEvents extends Observable<OrgEventsState, { event: OrgEvent }> {
  readonly orgId!: string;
  close(): void {
    throw new Error();
  }
}
