/** An assistant's answer while it is written, with a button that stops it. */

import type { Answer, Conversation } from '@switchboard/client';

import { useAction } from '../platform/hooks';
import { sentenceOf, sentenceOfCode } from '../platform/problem';
import { Icon } from '../ui/Icon';

export function AnswerLine({
  answer,
  conversation,
}: {
  answer: Answer;
  conversation: Conversation;
}) {
  const stop = useAction(() => conversation.cancelAnswer(answer.messageId));
  const isWriting = answer.state === 'streaming';
  return (
    <li className={`message first answer${isWriting ? '' : ' failed'}`}>
      <span className="avatar" aria-hidden="true">
        <Icon name="spark" size={16} />
      </span>
      <div className="body">
        <div className="by">
          <strong>Assistant</strong>
          <span className="aside">
            {isWriting
              ? `answers message ${answer.replyTo}`
              : sentenceOfCode(answer.error ?? 'unavailable')}
          </span>
          {isWriting && (
            <span className="actions">
              <button
                type="button"
                className="button small"
                disabled={stop.isRunning}
                onClick={() => void stop.run()}
              >
                <Icon name="stop" size={13} />
                Stop
              </button>
            </span>
          )}
          {stop.error !== null && <span className="aside">{sentenceOf(stop.error)}</span>}
        </div>
        {/* Busy, so that it is read aloud once it is whole and not word by word. */}
        <p className={`text${isWriting ? ' caret' : ''}`} aria-busy={isWriting}>
          {answer.text}
        </p>
      </div>
    </li>
  );
}
