/** The people in a room, and the orders of an administrator about them. */

import type { PresentUser } from '@switchboard/client';
import { useSwitchboard } from '@switchboard/client/react';
import { useState } from 'react';

import { plural, readableId } from '../../platform/format';
import { useAction } from '../../platform/hooks';
import { goTo } from '../../platform/route';
import { Avatar } from '../../ui/Avatar';
import { Icon, type IconName } from '../../ui/Icon';
import { TextField } from '../../ui/Field';
import { ErrorNote } from '../../ui/states';
import { toast } from '../../ui/toasts';
import { forget } from './known';
import type { RoomRecord } from './records';

interface Props {
  id: string;
  present: readonly PresentUser[];
  record: RoomRecord | undefined;
  myId: string | null;
  isAdministrator: boolean;
  onClose: () => void;
  onChanged: () => void;
}

type Order = 'mute' | 'unmute' | 'kick' | 'ban' | 'unban';

const ORDERS: readonly { order: Order; label: string; done: string; icon: IconName }[] = [
  { order: 'mute', label: 'Mute', done: 'can read but not write', icon: 'mute' },
  { order: 'unmute', label: 'Unmute', done: 'may write again', icon: 'unmute' },
  { order: 'kick', label: 'Kick', done: 'was disconnected and may come back', icon: 'kick' },
  { order: 'ban', label: 'Ban', done: 'is out and stays out', icon: 'ban' },
];

export function People(props: Props) {
  const { id, present, record, myId, isAdministrator, onClose, onChanged } = props;
  const { http } = useSwitchboard();
  const [other, setOther] = useState('');
  const act = useAction(async (order: Order, userId: string) => {
    await http.request('POST', `rooms/${id}/${order}`, { body: { userId } });
    const done = order === 'unban' ? 'may come in again' : ORDERS.find((one) => one.order === order)?.done;
    toast(readableId(userId), done, 'check');
  });
  const remove = useAction(async () => {
    await http.request('DELETE', `rooms/${id}`);
    forget(id);
    onChanged();
    goTo('#/rooms');
  });
  // Rooms without a record have no rules, so nobody can be muted or banned there.
  const mayModerate = isAdministrator && record !== undefined;
  return (
    <aside className="side-panel" aria-label="People in this room">
      <section>
        <div className="row spread">
          <h3>{plural(present.length, 'person', 'people')} here</h3>
          <button
            type="button"
            className="button plain icon small"
            aria-label="Close this panel"
            onClick={onClose}
          >
            <Icon name="close" size={15} />
          </button>
        </div>
        <ul>
          {present.map(({ userId, connections }) => (
            <li className="person" key={userId}>
              <Avatar id={userId} small />
              <span className="grow truncate" title={userId}>
                {readableId(userId)}
                {userId === myId && <span className="muted"> (you)</span>}
              </span>
              {connections > 1 && <span className="badge">{connections} tabs</span>}
              {mayModerate && userId !== myId && (
                <span className="row" style={{ gap: 0 }}>
                  {ORDERS.map(({ order, label, icon }) => (
                    <button
                      key={order}
                      type="button"
                      className="button plain icon small"
                      aria-label={`${label} ${readableId(userId)}`}
                      title={label}
                      disabled={act.isRunning}
                      onClick={() => void act.run(order, userId)}
                    >
                      <Icon name={icon} size={15} />
                    </button>
                  ))}
                </span>
              )}
            </li>
          ))}
        </ul>
        <ErrorNote error={act.error} />
      </section>
      {isAdministrator && record === undefined && (
        <p className="muted">
          This room has no rules, so nobody can be muted or banned. Create a room with rules with the
          plus above the list.
        </p>
      )}
      {mayModerate && (
        <section>
          <h3>Lift a ban</h3>
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void act.run('unban', other.trim());
              setOther('');
            }}
          >
            <TextField label="User id" value={other} onChange={setOther} required />
            <button type="submit" className="button">
              Unban
            </button>
          </form>
        </section>
      )}
      {record !== undefined && record.members.length > 0 && (
        <section>
          <h3>Members</h3>
          <ul>
            {record.members.map((member) => (
              <li className="person" key={member.userId}>
                <Avatar id={member.userId} small />
                <span className="grow truncate">{readableId(member.userId)}</span>
                <span className="badge">{member.role}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {mayModerate && (
        <section>
          <h3>Room</h3>
          <button
            type="button"
            className="button danger"
            disabled={remove.isRunning}
            onClick={() => void remove.run()}
          >
            <Icon name="bin" size={15} />
            Delete with all messages
          </button>
          <ErrorNote error={remove.error} />
        </section>
      )}
    </aside>
  );
}
