/** The events of an organisation. */

import type { Target } from './connection/negotiate.js';
import type { TrustedFrame } from './connection/trust.js';
import { isA } from './frames.js';
import { Resource } from './resource.js';
import type { OrgEvent, OrgEventsState } from './types.js';

const MAX_EVENTS = 200;

/** Made by `switchboard.orgEvents`. */
export class OrgEvents extends Resource<OrgEventsState, { event: OrgEvent }> {
  readonly orgId: string;
  /** @internal */
  readonly target: Target;

  /** @internal */
  constructor(orgId: string) {
    super({ status: 'connecting', error: null, events: [] });
    this.orgId = orgId;
    this.target = { parameter: 'org_id', value: orgId };
  }

  /** @internal */
  online(): void {
    this.update({ status: 'ready', error: null });
  }

  /** @internal */
  receive({ frame, group }: TrustedFrame): void {
    // The frame does not name the organisation; its group does.
    if (!isA(frame, 'event') || group !== `org:${this.orgId}`) return;
    const { id, event_type: eventType, data } = frame;
    if (this.snapshot.events.some((event) => event.id === id)) return;
    const event: OrgEvent = { id, eventType, data, receivedAt: Date.now() };
    this.update({ events: [event, ...this.snapshot.events].slice(0, MAX_EVENTS) });
    this.emit('event', event);
  }
}
