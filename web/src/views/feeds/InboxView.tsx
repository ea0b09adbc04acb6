/** The inbox: notifications, newest first, with read marks that count in every tab. */

import { useState } from 'react';

import type { Me } from '../../identity/identity';
import { fullTime, when } from '../../platform/format';
import { useAction } from '../../platform/hooks';
import { Icon } from '../../ui/Icon';
import { Empty, ErrorNote, Failed, Loading } from '../../ui/states';
import { useFeeds } from './feeds';
import { SendNotification } from './SendNotification';

export function InboxView({ me }: { me: Me }) {
  const { inbox: state } = useFeeds();
  const { inbox, items, unread } = state;
  const [isSending, setSending] = useState(false);
  const readAll = useAction(async () => inbox?.markAllRead());
  const older = useAction(async () => inbox?.loadOlder());
  const read = useAction(async (id: string) => inbox?.markRead([id]));
  const mayPublish = me.roles.includes('publisher');
  return (
    <div className="page" tabIndex={0}>
      <header className="view-bar">
        <div className="titles">
          <h1>Notifications</h1>
          <p role="status">{unread === 0 ? 'Everything is read' : `${unread} unread`}</p>
        </div>
        <button
          type="button"
          className="button"
          disabled={unread === 0 || readAll.isRunning}
          onClick={() => void readAll.run()}
        >
          <Icon name="checks" size={16} />
          <span className="wide-label">Mark all as read</span>
        </button>
        {mayPublish && (
          <button type="button" className="button primary" onClick={() => setSending(true)}>
            <Icon name="send" size={16} />
            Send one
          </button>
        )}
      </header>
      <ErrorNote error={readAll.error ?? read.error ?? older.error} />
      {me.isGuest ? (
        <Empty icon="bell" title="Guests have no inbox">
          Notifications belong to signed-in users, since anybody can take a guest’s name.
        </Empty>
      ) : state.status === 'failed' ? (
        <Failed what="Notifications" error={state.error} />
      ) : state.status === 'connecting' && items.length === 0 ? (
        <Loading label="Loading notifications" />
      ) : items.length === 0 ? (
        <Empty icon="bell" title="Nothing yet">
          What back ends send to you arrives here, in every tab at once, and waits while you are away.
        </Empty>
      ) : (
        <ul className="notices">
          {items.map((item) => (
            <li key={item.id} className={item.read ? 'notice' : 'notice unread'}>
              <i className={`dot${item.read ? '' : ' accent'}`} />
              <div className="grow">
                <div className="row spread">
                  <strong>{String(item.title ?? 'Notification')}</strong>
                  <time dateTime={item.timestamp} title={fullTime(item.timestamp)}>
                    {when(item.timestamp)}
                  </time>
                </div>
                {item.body !== undefined && <p>{String(item.body)}</p>}
              </div>
              {item.read ? (
                <span className="visually-hidden">read</span>
              ) : (
                <button
                  type="button"
                  className="button plain icon small"
                  aria-label={`Mark “${String(item.title ?? 'Notification')}” as read`}
                  onClick={() => void read.run(item.id)}
                >
                  <Icon name="check" size={16} />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {state.hasOlder && (
        <div className="empty">
          <button
            type="button"
            className="button"
            disabled={older.isRunning}
            onClick={() => void older.run()}
          >
            Show older ones
          </button>
        </div>
      )}
      {isSending && <SendNotification me={me} onClose={() => setSending(false)} />}
    </div>
  );
}
