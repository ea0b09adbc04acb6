/** Rooms: the list, and the room that is open. */

import { useState } from 'react';

import type { Me } from '../../identity/identity';
import { goTo, href, type Route } from '../../platform/route';
import { Icon } from '../../ui/Icon';
import { Empty } from '../../ui/states';
import { remember, ROOM_ID, useKnownRooms } from './known';
import { NewRoom } from './NewRoom';
import { useRoomRecords } from './records';
import { Room } from './Room';
import { RoomRow } from './RoomRow';

/** How many rooms are watched for unread messages, since those with a password cost a socket. */
const MAX_WATCHED = 6;

export function RoomsView({ route, me }: { route: Route; me: Me }) {
  const isAdministrator = me.roles.includes('admin');
  const known = useKnownRooms();
  const { records, reload } = useRoomRecords(isAdministrator);
  const [isCreating, setCreating] = useState(false);
  const others = records.filter((record) => !known.includes(record.id));
  return (
    <div className={`conversation ${route.id === '' ? 'no-detail' : 'has-detail'}`}>
      <div className="list-pane">
        <div className="view-bar">
          <h1 className="grow">Rooms</h1>
          {isAdministrator && (
            <button
              type="button"
              className="button plain icon"
              aria-label="New room with rules"
              onClick={() => setCreating(true)}
            >
              <Icon name="plus" />
            </button>
          )}
        </div>
        <nav className="list" aria-label="Rooms">
          {known.map((id, index) => (
            <RoomRow
              key={id}
              id={id}
              record={records.find((record) => record.id === id)}
              isOpen={id === route.id}
              isWatched={index < MAX_WATCHED || id === route.id}
            />
          ))}
          {others.map((record) => (
            <RoomRow key={record.id} id={record.id} record={record} isOpen={record.id === route.id} isWatched={false} />
          ))}
        </nav>
        <Enter />
      </div>
      <div className="detail-pane">
        {route.id === '' ? (
          <Empty icon="room" title="Choose a room">
            Or enter any name: a room without rules exists as soon as somebody is in it.
          </Empty>
        ) : (
          <Room
            key={route.id}
            id={route.id}
            invite={route.query.get('invite')}
            record={records.find((record) => record.id === route.id)}
            me={me}
            onChanged={reload}
          />
        )}
      </div>
      {isCreating && (
        <NewRoom
          onClose={() => setCreating(false)}
          onCreated={(id) => {
            setCreating(false);
            reload();
            remember(id);
            goTo(href('rooms', id));
          }}
        />
      )}
    </div>
  );
}

function Enter() {
  const [name, setName] = useState('');
  return (
    <form
      className="list-foot row"
      onSubmit={(event) => {
        event.preventDefault();
        remember(name);
        goTo(href('rooms', name));
        setName('');
      }}
    >
      <input
        className="input"
        aria-label="Name of a room"
        placeholder="Enter a room by name"
        pattern={ROOM_ID}
        title="Letters, digits, dot, hyphen and underscore; the first is a letter or digit"
        required
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" className="button">
        Enter
      </button>
    </form>
  );
}
