/** An open chat. */

import type { Chat as ChatRecord, ChatList } from '@switchboard/client';
import { useChat, useConnection } from '@switchboard/client/react';
import { useState } from 'react';

import { Talk } from '../../conversation/Talk';
import type { Me } from '../../identity/identity';
import { plural, readableId } from '../../platform/format';
import { Icon } from '../../ui/Icon';
import { Failed } from '../../ui/states';
import { EditChat } from './EditChat';

interface Props {
  id: string;
  record: ChatRecord | undefined;
  list: ChatList | null;
  me: Me;
}

export function Chat({ id, record, list, me }: Props) {
  const chat = useChat(id);
  const { userId } = useConnection();
  const [isEditing, setEditing] = useState(false);
  const name = record?.name ?? 'Chat';
  const isOwner = record !== undefined && record.ownerId === userId;
  return (
    <>
      <header className="view-bar">
        <a className="button plain icon back" href="#/chats" aria-label="All chats">
          <Icon name="back" />
        </a>
        <div className="titles">
          <h2 className="truncate">{name}</h2>
          <p className="truncate">{described(record)}</p>
        </div>
        {isOwner && list !== null && (
          <button
            type="button"
            className="button plain icon"
            aria-label="Change this chat"
            onClick={() => setEditing(true)}
          >
            <Icon name="people" />
          </button>
        )}
      </header>
      <div className="conversation">
        {chat.status === 'failed' ? (
          <Failed what="The messages of this chat" error={chat.error} />
        ) : (
          <Talk
            state={chat}
            conversation={chat.conversation}
            myName={me.name}
            placeholder={record?.assistant ? 'Ask the assistant' : `Message ${name}`}
            mayAsk={record !== undefined && record.assistant !== true}
            start={
              <div className="start-of-history">
                <h2>{name}</h2>
                <p>
                  {record?.assistant
                    ? 'Every message here is a question to the assistant. Everyone in the chat sees the answer as it is written.'
                    : 'This is where the chat begins.'}
                </p>
              </div>
            }
          />
        )}
      </div>
      {isEditing && record !== undefined && list !== null && (
        <EditChat chat={record} list={list} onClose={() => setEditing(false)} />
      )}
    </>
  );
}

function described(record: ChatRecord | undefined): string {
  if (record === undefined) return '';
  const people =
    record.members === undefined
      ? 'Open to everyone'
      : record.members.length <= 3
        ? record.members.map(readableId).join(', ')
        : plural(record.members.length, 'member');
  return record.assistant ? `${people} · with the assistant` : people;
}
