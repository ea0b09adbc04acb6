/** A stored message. */

import type { Conversation } from '@switchboard/client';
import { memo } from 'react';

import { fullTime, readableId, shortTime, timeOfDay } from '../platform/format';
import { Avatar } from '../ui/Avatar';
import { Icon } from '../ui/Icon';
import { Attachment } from './Attachment';
import type { Line } from './lines';

interface Props {
  line: Line & { kind: 'message' };
  isOwn: boolean;
  conversation: Conversation;
}

export const MessageLine = memo(function MessageLine({ line, isOwn, conversation }: Props) {
  const { message, isFirst } = line;
  const isAnswer = message.senderId === 'assistant';
  const classes = ['message'];
  if (isFirst) classes.push('first');
  if (isOwn) classes.push('own');
  if (isAnswer) classes.push('answer');
  const time = timeOfDay(message.createdAt);
  const name = message.senderName || readableId(message.senderId);
  return (
    <li className={classes.join(' ')} data-seq={message.seq}>
      {isFirst ? (
        isAnswer ? (
          <span className="avatar" aria-hidden="true">
            <Icon name="spark" size={16} />
          </span>
        ) : (
          <Avatar id={message.senderId} name={name} />
        )
      ) : (
        <span className="gutter" aria-hidden="true">
          {shortTime(message.createdAt)}
        </span>
      )}
      <div className="body">
        {isFirst ? (
          <div className="by">
            <strong title={message.senderId}>{name}</strong>
            <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
              {time}
            </time>
            {message.replyTo !== undefined && (
              <span className="aside">answers message {message.replyTo}</span>
            )}
          </div>
        ) : (
          <span className="visually-hidden">
            {name}, {time}:
          </span>
        )}
        {message.content !== '' && <p className="text">{message.content}</p>}
        {message.file && <Attachment file={message.file} conversation={conversation} />}
        {message.cancelled && <span className="aside">Stopped here.</span>}
        {message.truncated && <span className="aside">Cut off here: the answer was too long.</span>}
      </div>
    </li>
  );
});
