/** An own message that is not acknowledged yet. */

import type { Conversation, PendingMessage } from '@switchboard/client';

import { useIsOnline } from '../platform/hooks';
import { sentenceOf } from '../platform/problem';
import { Avatar } from '../ui/Avatar';

interface Props {
  message: PendingMessage;
  myId: string;
  myName: string;
  conversation: Conversation;
}

export function PendingLine({ message, myId, myName, conversation }: Props) {
  const isOnline = useIsOnline();
  const hasFailed = message.state === 'failed';
  const isSending = message.state === 'sending' && isOnline;
  return (
    <li className={`message first own ${hasFailed ? 'failed' : 'pending'}`}>
      <Avatar id={myId} name={myName} />
      <div className="body">
        <div className="by">
          <strong>{myName}</strong>
          <span className="aside">
            {hasFailed
              ? sentenceOf(message.error)
              : isSending
                ? 'Sending'
                : 'Waits for the connection'}
          </span>
          {hasFailed && (
            <span className="actions">
              <button
                type="button"
                className="button small"
                onClick={() => conversation.retry(message.id)}
              >
                Send again
              </button>
              <button
                type="button"
                className="button plain small"
                onClick={() => conversation.discard(message.id)}
              >
                Discard
              </button>
            </span>
          )}
        </div>
        {message.content !== '' && <p className="text">{message.content}</p>}
        {message.fileId !== undefined && <span className="aside">With a file</span>}
      </div>
    </li>
  );
}
