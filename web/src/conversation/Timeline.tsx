/** The messages of a conversation: endless upwards, and at its end by itself. */

import type { Conversation, ConversationState } from '@switchboard/client';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import { useIsVisible } from '../platform/hooks';
import { Icon } from '../ui/Icon';
import { AnswerLine } from './AnswerLine';
import { linesOf } from './lines';
import { MessageLine } from './MessageLine';
import { PendingLine } from './PendingLine';

interface Props {
  state: ConversationState;
  conversation: Conversation;
  myId: string | null;
  myName: string;
  /** Shown above the first message. */
  start: ReactNode;
  /** Shown below the last message, such as a read mark. */
  end?: ReactNode;
  /** Between two people, own messages stand on the right. */
  isTwo?: boolean;
}

/** How near to its end a timeline counts as read, in pixels. */
const NEAR = 60;

export function Timeline({ state, conversation, myId, myName, start, end, isTwo }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const unreadAfter = useUnreadAfter(state);
  const isVisible = useIsVisible();
  const lines = useMemo(() => linesOf(state.messages, unreadAfter), [state.messages, unreadAfter]);
  const older = useOlder(scroller, state, conversation);

  const isRead = isAtEnd && isVisible && state.status === 'ready' && state.lastSeq > state.readSeq;
  useEffect(() => {
    if (isRead) conversation.markRead();
  }, [isRead, state.lastSeq, conversation]);

  // The own message is what its sender wants to see.
  const pending = state.pending.length;
  useEffect(() => {
    if (pending > 0) scroller.current?.scrollTo({ top: 0 });
  }, [pending]);

  const missed = Math.max(0, state.lastSeq - state.readSeq);
  return (
    <>
      <div
        className="scroller"
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label="Messages"
        onScroll={(event) => setAtEnd(event.currentTarget.scrollTop > -NEAR)}
      >
        <div className={`timeline${isTwo ? ' two' : ''}`}>
          <div ref={older}>{!state.hasOlder && start}</div>
          <div role="log" aria-label="Conversation">
            <ol>
              {lines.map((line) => {
                if (line.kind === 'message') {
                  return (
                    <MessageLine
                      key={line.key}
                      line={line}
                      isOwn={line.message.senderId === myId}
                      conversation={conversation}
                    />
                  );
                }
                const isDay = line.kind === 'day';
                return (
                  <li key={line.key} className={isDay ? 'day' : 'day unread'}>
                    {isDay ? line.label : 'New'}
                  </li>
                );
              })}
              {state.answers.map((answer) => (
                <AnswerLine key={answer.messageId} answer={answer} conversation={conversation} />
              ))}
              {state.pending.map((message) => (
                <PendingLine
                  key={message.id}
                  message={message}
                  myId={myId ?? ''}
                  myName={myName}
                  conversation={conversation}
                />
              ))}
            </ol>
          </div>
          {end}
        </div>
      </div>
      {!isAtEnd && (
        <button
          type="button"
          className="button to-end"
          onClick={() => scroller.current?.scrollTo({ top: 0, behavior: 'smooth' })}
        >
          <Icon name="down" size={15} />
          {missed > 0 ? `${missed} new` : 'To the end'}
        </button>
      )}
    </>
  );
}

/** How far was read when the conversation was opened: the line stays there while it is open. */
function useUnreadAfter(state: ConversationState): number | null {
  const [after, setAfter] = useState<number | null>(null);
  useEffect(() => {
    if (after === null && state.status === 'ready') setAfter(state.readSeq);
  }, [after, state.status, state.readSeq]);
  return after;
}

/** Loads older messages when the top comes into view. Returns the ref of the top. */
function useOlder(
  scroller: { current: HTMLDivElement | null },
  { hasOlder, isLoadingOlder, messages }: ConversationState,
  conversation: Conversation,
) {
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = top.current;
    if (element === null || !hasOlder || isLoadingOlder) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          conversation.loadOlder().catch(() => {
            // The state says that it failed; scrolling tries again.
          });
        }
      },
      { root: scroller.current, rootMargin: '600px 0px 0px 0px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasOlder, isLoadingOlder, messages.length, conversation, scroller]);
  return top;
}
