/** The events of the user's organisations since the page was opened. */

import type { OrgEvent } from '@switchboard/client';
import { useSwitchboard } from '@switchboard/client/react';
import { useState } from 'react';

import type { Me } from '../../identity/identity';
import { exactTime } from '../../platform/format';
import { useAction } from '../../platform/hooks';
import { Icon } from '../../ui/Icon';
import { Dialog, DialogFooter } from '../../ui/Dialog';
import { Field, TextField } from '../../ui/Field';
import { Json } from '../../ui/Json';
import { Empty, ErrorNote, Failed } from '../../ui/states';
import { useFeeds } from './feeds';

export function EventsView({ me }: { me: Me }) {
  const { organisations } = useFeeds();
  const [isPublishing, setPublishing] = useState(false);
  const states = [...organisations];
  const failed = states.find(([, state]) => state.status === 'failed');
  const events = states
    .flatMap(([org, state]) => state.events.map((event) => ({ ...event, org })))
    .sort((a, b) => b.receivedAt - a.receivedAt);
  return (
    <div className="page" tabIndex={0}>
      <header className="view-bar">
        <div className="titles">
          <h1>Events</h1>
          <p className="truncate">{me.orgs.length === 0 ? 'No organisation' : me.orgs.join(', ')}</p>
        </div>
        {me.roles.includes('publisher') && me.orgs.length > 0 && (
          <button type="button" className="button primary" onClick={() => setPublishing(true)}>
            <Icon name="send" size={16} />
            Publish one
          </button>
        )}
      </header>
      {me.orgs.length === 0 ? (
        <Empty icon="events" title="You belong to no organisation">
          Your token names them, in the claim that <code>JWT_ORGS_CLAIM</code> says. Sign in again
          with one to see its events.
        </Empty>
      ) : failed !== undefined ? (
        <Failed what="Events" error={failed[1].error} />
      ) : events.length === 0 ? (
        <Empty icon="events" title="No event since you opened the page">
          Events go to everyone of an organisation who is connected. The server keeps none, so the
          feed begins now.
        </Empty>
      ) : (
        <div role="log" aria-label="Events">
          <ol>
            {events.map((event) => (
              <EventLine key={event.id} event={event} org={event.org} />
            ))}
          </ol>
        </div>
      )}
      {isPublishing && <Publish orgs={me.orgs} onClose={() => setPublishing(false)} />}
    </div>
  );
}

function EventLine({ event, org }: { event: OrgEvent; org: string }) {
  return (
    <li className="event">
      <time className="mono">{exactTime(event.receivedAt)}</time>
      <span className="badge">{org}</span>
      <div className="grow">
        <strong>{event.eventType}</strong>
        <Json value={event.data} />
      </div>
    </li>
  );
}

function Publish({ orgs, onClose }: { orgs: readonly string[]; onClose: () => void }) {
  const { http } = useSwitchboard();
  const [org, setOrg] = useState(orgs[0] ?? '');
  const [type, setType] = useState('order.created');
  const [data, setData] = useState('{ "order": 1042, "total": 99.5 }');
  const publish = useAction(async () => {
    await http.request('POST', `events/${encodeURIComponent(org)}`, {
      body: { event_type: type, data: JSON.parse(data) as unknown },
      idempotencyKey: crypto.randomUUID(),
    });
    onClose();
  });
  return (
    <Dialog title="Publish an event" onClose={onClose} onSubmit={() => void publish.run()}>
      <Field label="Organisation">
        {(id) => (
          <select
            id={id}
            className="input"
            value={org}
            onChange={(event) => setOrg(event.currentTarget.value)}
          >
            {orgs.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <TextField label="Type" value={type} onChange={setType} required />
      <Field label="Data, as JSON">
        {(id) => (
          <textarea
            id={id}
            className="input mono"
            rows={4}
            value={data}
            onInput={(event) => setData(event.currentTarget.value)}
          />
        )}
      </Field>
      <ErrorNote error={publish.error} />
      <DialogFooter label="Publish" isBusy={publish.isRunning} onCancel={onClose} />
    </Dialog>
  );
}
