/** An open room. */

import { useConnection, useRoom } from '@switchboard/client/react';
import { useEffect, useState } from 'react';

import { Talk } from '../../conversation/Talk';
import type { Me } from '../../identity/identity';
import { plural } from '../../platform/format';
import { codeOf } from '../../platform/problem';
import { href, replaceRoute } from '../../platform/route';
import { Avatar } from '../../ui/Avatar';
import { Icon } from '../../ui/Icon';
import { Failed } from '../../ui/states';
import { Gate, isGate } from './Gate';
import { Invite } from './Invite';
import { remember, setWayIn, useWayIn } from './known';
import { People } from './People';
import { usePresence } from './presence';
import type { RoomRecord } from './records';

interface Props {
  id: string;
  /** The code of an invite in the address. */
  invite: string | null;
  record: RoomRecord | undefined;
  me: Me;
  onChanged: () => void;
}

export function Room({ id, invite, record, me, onChanged }: Props) {
  const way = useWayIn(id);
  const isWaitingForInvite = invite !== null && way.invite !== invite;
  const room = useRoom(isWaitingForInvite ? null : id, way);
  const { userId } = useConnection();
  const present = usePresence(room);
  const [panel, setPanel] = useState<'people' | null>(null);
  const [isInviting, setInviting] = useState(false);
  const isAdministrator = me.roles.includes('admin');
  const isWriter = way.role !== 'reader';

  useEffect(() => {
    if (invite === null) return;
    setWayIn(id, { invite });
    // The code leaves the address, so that it is not shared by mistake.
    replaceRoute(href('rooms', id));
  }, [id, invite]);

  const isReady = room.status === 'ready';
  useEffect(() => {
    if (isReady) remember(id);
  }, [id, isReady]);

  // A member may have the role of a reader, whatever the page asks for.
  const mustRead = codeOf(room.error) === 'forbidden' && isWriter;
  useEffect(() => {
    if (mustRead) setWayIn(id, { ...way, role: 'reader' });
  }, [id, mustRead, way]);

  const name = record?.name ?? id;
  return (
    <>
      <header className="view-bar">
        <a className="button plain icon back" href="#/rooms" aria-label="All rooms">
          <Icon name="back" />
        </a>
        <div className="titles">
          <h2 className="truncate">{name}</h2>
          <p className="truncate">
            {present === null ? roomKind(record) : `${plural(present.length, 'person', 'people')} here`}
            {record?.persistent && ' · every message is stored'}
          </p>
        </div>
        {present !== null && (
          <span className="people" aria-hidden="true">
            {present.slice(0, 4).map((user) => (
              <Avatar key={user.userId} id={user.userId} small />
            ))}
          </span>
        )}
        <label className="row">
          <span className="visually-hidden">Your role in this room</span>
          <select
            className="input small"
            value={isWriter ? 'writer' : 'reader'}
            onChange={(event) =>
              setWayIn(id, { ...way, role: event.currentTarget.value as 'reader' | 'writer' })
            }
          >
            <option value="writer">Writer</option>
            <option value="reader">Reader</option>
          </select>
        </label>
        {isAdministrator && record !== undefined && (
          <button
            type="button"
            className="button plain icon"
            aria-label="Invite someone"
            onClick={() => setInviting(true)}
          >
            <Icon name="link" />
          </button>
        )}
        <button
          type="button"
          className="button plain icon"
          aria-label="People in this room"
          aria-expanded={panel === 'people'}
          onClick={() => setPanel(panel === null ? 'people' : null)}
        >
          <Icon name="people" />
        </button>
      </header>
      <div className="conversation">
        {room.status === 'failed' && !mustRead ? (
          isGate(room.error) ? (
            <Gate key={codeOf(room.error)} id={id} error={room.error} way={way} />
          ) : (
            <Failed what="The messages of this room" error={room.error} />
          )
        ) : (
          <Talk
            state={room}
            conversation={room.conversation}
            myName={me.name}
            placeholder={`Message ${name}`}
            closed={isWriter ? undefined : 'You are a reader here: you see everything and write nothing.'}
            start={
              <div className="start-of-history">
                <h2>{name}</h2>
                <p>This is where the room begins. {welcome(record)}</p>
              </div>
            }
          />
        )}
        {panel === 'people' && (
          <People
            id={id}
            present={present ?? []}
            record={record}
            myId={userId}
            isAdministrator={isAdministrator}
            onClose={() => setPanel(null)}
            onChanged={onChanged}
          />
        )}
      </div>
      {isInviting && <Invite id={id} onClose={() => setInviting(false)} />}
    </>
  );
}

function roomKind(record: RoomRecord | undefined): string {
  switch (record?.access) {
    case 'password':
      return 'Password';
    case 'invite':
      return 'By invite';
    case 'members':
      return 'Members only';
    default:
      return 'Open room';
  }
}

function welcome(record: RoomRecord | undefined): string {
  switch (record?.access) {
    case 'password':
      return 'Everyone with its password can come in.';
    case 'invite':
      return 'Everyone with an invite can come in.';
    case 'members':
      return 'Its members can come in.';
    default:
      return 'Everyone who knows its name can come in.';
  }
}
