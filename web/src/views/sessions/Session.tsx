/** An open session, with the other one's read mark below the last message. */

import { useConnection, useSession } from '@switchboard/client/react';

import { Talk } from '../../conversation/Talk';
import type { Me } from '../../identity/identity';
import { readableId } from '../../platform/format';
import { Avatar } from '../../ui/Avatar';
import { Icon } from '../../ui/Icon';
import { Failed } from '../../ui/states';
import { otherOf, type SessionRecord } from './SessionsView';

interface Props {
  id: string;
  record: SessionRecord | undefined;
  me: Me;
}

export function Session({ id, record, me }: Props) {
  const session = useSession(id);
  const { userId } = useConnection();
  const other = record === undefined ? null : otherOf(record, userId);
  const name = other === null ? 'Session' : other.name || readableId(other.userId);
  const lastOwn = session.messages.findLast((message) => message.senderId === userId);
  const readByOther = other === null ? 0 : (session.readBy[other.userId] ?? 0);
  const isRead = lastOwn !== undefined && readByOther >= lastOwn.seq;
  return (
    <>
      <header className="view-bar">
        <a className="button plain icon back" href="#/sessions" aria-label="All sessions">
          <Icon name="back" />
        </a>
        {other !== null && <Avatar id={other.userId} name={name} />}
        <div className="titles">
          <h2 className="truncate">{name}</h2>
          <p>Between the two of you</p>
        </div>
      </header>
      <div className="conversation">
        {session.status === 'failed' ? (
          <Failed what="The messages of this session" error={session.error} />
        ) : (
          <Talk
            state={session}
            conversation={session.conversation}
            myName={me.name}
            placeholder={`Message ${name}`}
            isTwo
            start={
              <div className="start-of-history">
                <h2>{name}</h2>
                <p>This is where your session begins. Nobody else can read it.</p>
              </div>
            }
            end={
              <div className="receipt" aria-live="polite">
                {isRead && (
                  <>
                    <Icon name="checks" size={14} />
                    Read
                  </>
                )}
              </div>
            }
          />
        )}
      </div>
    </>
  );
}
