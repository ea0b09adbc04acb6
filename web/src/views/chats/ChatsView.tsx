/** Chats: the list, and the chat that is open. */

import type { Chat as ChatRecord } from '@switchboard/client';
import { useChats } from '@switchboard/client/react';
import { useState } from 'react';

import type { Me } from '../../identity/identity';
import { when } from '../../platform/format';
import { useAction } from '../../platform/hooks';
import { goTo, href, type Route } from '../../platform/route';
import { Icon } from '../../ui/Icon';
import { Empty, ErrorNote, Failed, Loading } from '../../ui/states';
import { Chat } from './Chat';
import { NewChat } from './NewChat';

export function ChatsView({ route, me }: { route: Route; me: Me }) {
  const state = useChats();
  const { list, chats } = state;
  const [isCreating, setCreating] = useState(false);
  const more = useAction(async () => list?.loadMore());
  const open = chats.find((chat) => chat.id === route.id);
  return (
    <div className={`conversation ${route.id === '' ? 'no-detail' : 'has-detail'}`}>
      <div className="list-pane">
        <div className="view-bar">
          <h1 className="grow">Chats</h1>
          <button
            type="button"
            className="button plain icon"
            aria-label="New chat"
            onClick={() => setCreating(true)}
          >
            <Icon name="plus" />
          </button>
        </div>
        {state.status === 'failed' ? (
          <Failed what="Chats" error={state.error} />
        ) : state.status === 'connecting' && chats.length === 0 ? (
          <Loading label="Loading chats" />
        ) : (
          <nav className="list" aria-label="Chats">
            {chats.length === 0 && (
              <p className="empty">No chat yet. The plus above begins one.</p>
            )}
            {chats.map((chat) => (
              <ChatRow key={chat.id} chat={chat} isOpen={chat.id === route.id} />
            ))}
            {state.hasMore && (
              <button
                type="button"
                className="button plain"
                disabled={more.isRunning}
                onClick={() => void more.run()}
              >
                Show more
              </button>
            )}
            <ErrorNote error={more.error} />
          </nav>
        )}
      </div>
      <div className="detail-pane">
        {route.id === '' ? (
          <Empty
            icon="chat"
            title="Choose a chat"
            actions={
              <button type="button" className="button primary" onClick={() => setCreating(true)}>
                <Icon name="plus" size={16} />
                New chat
              </button>
            }
          >
            Chats are kept, with people you name, or with an assistant that answers while you watch.
          </Empty>
        ) : (
          <Chat key={route.id} id={route.id} record={open} list={list} me={me} />
        )}
      </div>
      {isCreating && list !== null && (
        <NewChat
          list={list}
          onClose={() => setCreating(false)}
          onCreated={(id) => {
            setCreating(false);
            goTo(href('chats', id));
          }}
        />
      )}
    </div>
  );
}

function ChatRow({ chat, isOpen }: { chat: ChatRecord; isOpen: boolean }) {
  return (
    <a
      className="list-item"
      href={href('chats', chat.id)}
      aria-current={isOpen ? 'page' : undefined}
    >
      <span className="name">
        {chat.assistant && <Icon name="spark" size={14} />}
        <span className="truncate">{chat.name}</span>
      </span>
      <span className="when">{when(chat.lastMessageAt ?? chat.createdAt)}</span>
      <span className="preview truncate">
        {chat.members === undefined ? 'Open to everyone' : `${chat.members.length} members`}
      </span>
      {chat.unread > 0 && !isOpen && (
        <span className="badge count" aria-label={`${chat.unread} unread`}>
          {chat.unread > 99 ? '99+' : chat.unread}
        </span>
      )}
    </a>
  );
}
