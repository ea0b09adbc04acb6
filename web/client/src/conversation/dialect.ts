/** How rooms, chats and sessions spell the same things. */

import type { Target } from '../connection/negotiate.js';
import { isA } from '../frames.js';
import type { Frame } from '../frames.js';
import type { FileNote, Message } from '../types.js';
import type { Page } from './log.js';

export type Kind = 'room' | 'chat' | 'session';

/** A message before it is stored. */
export interface Draft {
  readonly id: string;
  readonly content: string;
  readonly fileId?: string | undefined;
  readonly ask?: boolean | undefined;
}

export type Part = { before: number } | { after: number } | Record<string, never>;

/** The acknowledgement of a message. Chats repeat the message in it. */
export interface Receipt {
  readonly seq: number;
  readonly message: Message | undefined;
}

/** The user's frames, and what the server's mean. */
export interface Dialect {
  readonly target: Target;
  readonly group: string;
  /** The field of a frame that names this conversation. */
  readonly name: Record<string, string>;
  post(draft: Draft): Frame;
  history(part: Part, limit: number): Frame;
  /** A broadcast message of this conversation. */
  message(frame: Frame): Message | undefined;
  page(reply: Frame): Page | undefined;
  receipt(reply: Frame): Receipt | undefined;
}

export function dialectOf(kind: Kind, id: string): Dialect {
  if (kind === 'chat') return chat(id);
  return kind === 'room'
    ? room({ parameter: 'room_id', value: id }, id)
    : room({ parameter: 'session_id', value: id }, `session:${id}`);
}

function chat(id: string): Dialect {
  const name = { chatId: id };
  const content = (draft: Draft): Record<string, unknown> => ({
    content: draft.content,
    id: draft.id,
    ...(draft.fileId === undefined ? {} : { file: { fileId: draft.fileId } }),
  });
  return {
    target: { parameter: 'channel', value: 'chats' },
    group: `chat:${id}`,
    name,
    post: (draft) =>
      draft.ask === true
        ? { type: 'ask', ...name, ...content(draft) }
        : { type: 'SEND_MESSAGE', ...name, message: content(draft) },
    history: (part, limit) => ({ type: 'GET_CHAT_HISTORY', ...name, ...part, limit }),
    message: (frame) =>
      isA(frame, 'MESSAGE') && frame.chatId === id ? ofChat(frame.message) : undefined,
    page: (reply) =>
      isA(reply, 'CHAT_HISTORY')
        ? {
            messages: reply.messages.map(ofChat),
            lastSeq: reply.lastSeq,
            hasMore: reply.hasMore,
          }
        : undefined,
    receipt: (reply) => {
      if (!isA(reply, 'MESSAGE_SENT')) return undefined;
      const message = ofChat(reply.message);
      return { seq: message.seq, message };
    },
  };
}

function room(target: Target, group: string): Dialect {
  const name = { [target.parameter]: target.value };
  return {
    target,
    group,
    name,
    post: (draft) => ({
      type: 'message',
      ...name,
      content: draft.content,
      id: draft.id,
      ...(draft.fileId === undefined ? {} : { file: { fileId: draft.fileId } }),
    }),
    history: (part, limit) => ({ type: 'history', ...name, ...part, limit }),
    message: (frame) =>
      isA(frame, 'message') && frame[target.parameter] === target.value
        ? ofRoom(frame)
        : undefined,
    page: (reply) =>
      isA(reply, 'history')
        ? {
            messages: reply.messages.map(ofRoom),
            lastSeq: reply.last_seq,
            hasMore: reply.has_more,
          }
        : undefined,
    receipt: (reply) =>
      isA(reply, 'message_sent') ? { seq: reply.seq, message: undefined } : undefined,
  };
}

/** Fields that only some messages have. */
interface Extras {
  readonly replyTo?: number | null;
  readonly cancelled?: boolean | null;
  readonly truncated?: boolean | null;
}

/** A message in the spelling of chats and of the HTTP API. */
interface ChatMessage extends Extras {
  readonly id: string;
  readonly seq: number;
  readonly content: string;
  readonly senderId: string;
  readonly senderName: string;
  readonly createdAt: string;
  readonly file?: FileNote | null;
}

export function ofChat(message: ChatMessage): Message {
  const { id, seq, content, senderId, senderName, createdAt, file } = message;
  return {
    id,
    seq,
    content,
    senderId,
    senderName,
    createdAt,
    file: file ?? undefined,
    ...extrasOf(message),
  };
}

/** A message in the spelling of rooms and sessions. */
interface RoomMessage extends Extras {
  readonly message_id: string;
  readonly client_id?: string | null;
  readonly seq: number;
  readonly content: string;
  readonly sender_id: string;
  readonly sender_name: string;
  readonly created_at: string;
  readonly file?: {
    readonly file_id: string;
    readonly name: string;
    readonly content_type: string;
    readonly size: number;
  } | null;
}

function ofRoom(message: RoomMessage): Message {
  const { file } = message;
  return {
    id: message.client_id ?? message.message_id,
    seq: message.seq,
    content: message.content,
    senderId: message.sender_id,
    senderName: message.sender_name,
    createdAt: message.created_at,
    file: file
      ? {
          fileId: file.file_id,
          name: file.name,
          contentType: file.content_type,
          size: file.size,
        }
      : undefined,
    ...extrasOf(message),
  };
}

function extrasOf(extras: Extras): Pick<Message, 'replyTo' | 'cancelled' | 'truncated'> {
  return {
    replyTo: extras.replyTo ?? undefined,
    cancelled: extras.cancelled ?? undefined,
    truncated: extras.truncated ?? undefined,
  };
}
