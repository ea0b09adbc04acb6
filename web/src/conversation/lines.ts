/** The lines of a timeline: messages with the days between them, grouped by sender. */

import type { Message } from '@switchboard/client';

import { dayOf } from '../platform/format';

export type Line =
  | { readonly kind: 'day'; readonly key: string; readonly label: string }
  | { readonly kind: 'unread'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: Message;
      /** Whether it shows its sender: it does not follow at once on another one of the same. */
      readonly isFirst: boolean;
    };

const GROUP_MS = 5 * 60_000;

/** `unreadAfter` is the `seq` of the last message that was read before; `null` draws no line. */
export function linesOf(messages: readonly Message[], unreadAfter: number | null): Line[] {
  const lines: Line[] = [];
  let previous: Message | null = null;
  for (const message of messages) {
    const day = dayOf(message.createdAt);
    const isNewDay = previous === null || dayOf(previous.createdAt) !== day;
    if (isNewDay) lines.push({ kind: 'day', key: `day-${message.seq}`, label: day });
    const isUnread =
      unreadAfter !== null &&
      unreadAfter > 0 &&
      message.seq > unreadAfter &&
      previous !== null &&
      previous.seq <= unreadAfter;
    if (isUnread) lines.push({ kind: 'unread', key: 'unread' });
    const isFirst =
      isNewDay ||
      isUnread ||
      previous === null ||
      previous.senderId !== message.senderId ||
      Date.parse(message.createdAt) - Date.parse(previous.createdAt) > GROUP_MS;
    lines.push({ kind: 'message', key: `m-${message.seq}`, message, isFirst });
    previous = message;
  }
  return lines;
}
