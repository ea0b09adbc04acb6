/** Sessions: conversations of exactly two people. */

import { useSwitchboard } from '@switchboard/client/react';
import { useCallback, useEffect, useState } from 'react';

import type { Me } from '../../identity/identity';
import { plural, readableId, when } from '../../platform/format';
import { usePolling } from '../../platform/hooks';
import { goTo, href, type Route } from '../../platform/route';
import { Avatar } from '../../ui/Avatar';
import { Icon } from '../../ui/Icon';
import { Empty, Failed, Loading } from '../../ui/states';
import { NewSession } from './NewSession';
import { Session } from './Session';

export interface SessionRecord {
  readonly id: string;
  readonly participants: readonly { userId: string; name: string }[];
  readonly createdAt: string;
  readonly lastMessageAt: string | null;
  readonly lastSeq: number;
  readonly unread?: number;
}

/** New sessions are not announced, so the list is read now and then. */
const EVERY_MS = 10_000;

export function SessionsView({ route, me }: { route: Route; me: Me }) {
  const { http, snapshot } = useSwitchboard();
  const [sessions, setSessions] = useState<readonly SessionRecord[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isCreating, setCreating] = useState(false);
  const load = useCallback(() => {
    http
      .request<{ sessions: SessionRecord[] }>('GET', 'sessions')
      .then((answer) => {
        setSessions(answer.sessions);
        setError(null);
      })
      .catch(setError);
  }, [http]);
  usePolling(load, EVERY_MS, !me.isGuest);
  useEffect(load, [route.id, load]);
  const mayCreate = me.roles.includes('publisher');
  const open = sessions?.find((session) => session.id === route.id);
  if (me.isGuest) {
    return (
      <Empty icon="session" title="Sessions need a sign-in">
        A session is between two known people, and anybody can take a guest’s name.
      </Empty>
    );
  }
  return (
    <div className={`conversation ${route.id === '' ? 'no-detail' : 'has-detail'}`}>
      <div className="list-pane">
        <div className="view-bar">
          <h1 className="grow">Sessions</h1>
          {mayCreate && (
            <button
              type="button"
              className="button plain icon"
              aria-label="New session"
              onClick={() => setCreating(true)}
            >
              <Icon name="plus" />
            </button>
          )}
        </div>
        {error !== null ? (
          <Failed what="Sessions" error={error} onRetry={load} />
        ) : sessions === null ? (
          <Loading label="Loading sessions" />
        ) : (
          <nav className="list" aria-label="Sessions">
            {sessions.length === 0 && <p className="empty">You have no session yet.</p>}
            {sessions.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                myId={snapshot.userId}
                isOpen={session.id === route.id}
              />
            ))}
          </nav>
        )}
      </div>
      <div className="detail-pane">
        {route.id === '' ? (
          <Empty
            icon="session"
            title="Choose a session"
            actions={
              mayCreate ? (
                <button type="button" className="button primary" onClick={() => setCreating(true)}>
                  <Icon name="plus" size={16} />
                  New session
                </button>
              ) : undefined
            }
          >
            Two people, and nobody else: you see when the other one types and how far they have read.
          </Empty>
        ) : (
          <Session key={route.id} id={route.id} record={open} me={me} />
        )}
      </div>
      {isCreating && (
        <NewSession
          me={me}
          onClose={() => setCreating(false)}
          onCreated={(id) => {
            setCreating(false);
            load();
            goTo(href('sessions', id));
          }}
        />
      )}
    </div>
  );
}

interface RowProps {
  session: SessionRecord;
  myId: string | null;
  isOpen: boolean;
}

function SessionRow({ session, myId, isOpen }: RowProps) {
  const other = otherOf(session, myId);
  const unread = session.unread ?? 0;
  return (
    <a
      className="list-item"
      href={href('sessions', session.id)}
      aria-current={isOpen ? 'page' : undefined}
    >
      <span className="name">
        <Avatar id={other.userId} name={other.name} small />
        <span className="truncate">{other.name || readableId(other.userId)}</span>
      </span>
      <span className="when">{when(session.lastMessageAt ?? session.createdAt)}</span>
      <span className="preview">
        {session.lastSeq === 0 ? 'Nothing written yet' : plural(session.lastSeq, 'message')}
      </span>
      {unread > 0 && !isOpen && (
        <span className="badge count" aria-label={`${unread} unread`}>
          {unread}
        </span>
      )}
    </a>
  );
}

export function otherOf(
  session: SessionRecord,
  myId: string | null,
): { userId: string; name: string } {
  const other = session.participants.find((participant) => participant.userId !== myId);
  return other ?? { userId: '', name: '' };
}
