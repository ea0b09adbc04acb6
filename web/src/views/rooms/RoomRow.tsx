/** A room in the list, with its last message and how much is unread. */

import { useRoom } from '@switchboard/client/react';

import { when } from '../../platform/format';
import { href } from '../../platform/route';
import { Icon } from '../../ui/Icon';
import { useWayIn } from './known';
import type { RoomRecord } from './records';

interface Props {
  id: string;
  record: RoomRecord | undefined;
  isOpen: boolean;
  /** Whether it is connected, to show what happens there. */
  isWatched: boolean;
}

export function RoomRow({ id, record, isOpen, isWatched }: Props) {
  const room = useRoom(isWatched ? id : null, useWayIn(id));
  const last = room.messages.at(-1);
  const unread = room.status === 'ready' ? Math.max(0, room.lastSeq - room.readSeq) : 0;
  const isLocked = (record !== undefined && record.access !== 'open') || room.status === 'failed';
  return (
    <a
      className="list-item"
      href={href('rooms', id)}
      aria-current={isOpen ? 'page' : undefined}
    >
      <span className="name">
        <span className="truncate">{record?.name ?? id}</span>
        {isLocked && (
          <>
            <Icon name="lock" size={13} />
            <span className="visually-hidden">with rules</span>
          </>
        )}
      </span>
      <span className="when">{last ? when(last.createdAt) : ''}</span>
      <span className="preview truncate">
        {last ? `${last.senderName}: ${last.content || (last.file?.name ?? '')}` : ''}
      </span>
      {unread > 0 && !isOpen && (
        <span className="badge count" aria-label={`${unread} unread`}>
          {unread > 99 ? '99+' : unread}
        </span>
      )}
    </a>
  );
}
