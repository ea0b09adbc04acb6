/** The list of chats. */

import type { TrustedFrame } from './connection/trust.js';
import { asError } from './error.js';
import type { Target } from './connection/negotiate.js';
import type { FeedLink } from './feed-link.js';
import { isA } from './frames.js';
import type { Frame } from './frames.js';
import { Resource } from './resource.js';
import type { Chat, ChatListState } from './types.js';

export interface NewChat {
  /** User ids. Without it every user of chats sees the chat. */
  members?: readonly string[];
  /** Every message of a person is a question to the assistant. */
  assistant?: boolean;
}

export interface ChatListEvents {
  created: Chat;
  updated: Chat;
  deleted: { readonly id: string };
}

const EMPTY: ChatListState = { status: 'connecting', error: null, chats: [], hasMore: false };

/** Made by `switchboard.chats`. */
export class ChatList extends Resource<ChatListState, ChatListEvents> {
  /** @internal */
  readonly target: Target = { parameter: 'channel', value: 'chats' };
  readonly #link: FeedLink;
  #cursor: string | undefined;

  /** @internal */
  constructor(link: FeedLink) {
    super(EMPTY);
    this.#link = link;
  }

  /** Rejects with `disconnected` or `timeout` if it is unknown whether the chat was created. */
  async create(name: string, options: NewChat = {}): Promise<Chat> {
    const reply = await this.#link.request(
      { type: 'CREATE_CHAT', name, ...options },
      { retry: false },
    );
    return chatOf(reply);
  }

  /** For the owner. */
  async rename(id: string, name: string): Promise<Chat> {
    return chatOf(await this.#request({ type: 'RENAME_CHAT', chatId: id, name }));
  }

  /** For the owner, who always is a member. */
  async setMembers(id: string, members: readonly string[]): Promise<Chat> {
    return chatOf(await this.#request({ type: 'SET_CHAT_MEMBERS', chatId: id, members }));
  }

  /** For the owner. */
  async delete(id: string): Promise<void> {
    await this.#request({ type: 'DELETE_CHAT', chatId: id });
  }

  async loadMore(): Promise<void> {
    if (this.#cursor === undefined) return;
    const { chats, nextCursor } = await this.#page(this.#cursor);
    const known = new Set(this.snapshot.chats.map(({ id }) => id));
    this.#show([...this.snapshot.chats, ...chats.filter(({ id }) => !known.has(id))], nextCursor);
  }

  /** @internal Begins with the first page again: what changed meanwhile was not announced. */
  online(): void {
    this.#page(undefined).then(
      ({ chats, nextCursor }) => {
        this.#show(chats, nextCursor);
        this.update({ status: 'ready', error: null });
      },
      (error: unknown) => this.update({ error: asError(error) }),
    );
  }

  /** @internal */
  receive({ frame }: TrustedFrame): void {
    if (isA(frame, 'CHAT_CREATED')) {
      if (this.#put(asChat(frame.chat))) this.emit('created', asChat(frame.chat));
    } else if (isA(frame, 'CHAT_UPDATED')) {
      this.#updated(asChat(frame.chat));
    } else if (isA(frame, 'CHAT_DELETED')) {
      this.#removed(frame.chatId);
    } else if (isA(frame, 'MESSAGE')) {
      const { seq, createdAt, senderId } = frame.message;
      this.#change(frame.chatId, (chat) =>
        seq <= chat.lastSeq
          ? chat
          : {
              ...chat,
              lastSeq: seq,
              lastMessageAt: createdAt,
              unread: senderId === this.#link.userId() ? chat.unread : chat.unread + 1,
            },
      );
    } else if (isA(frame, 'read') && frame.user_id === this.#link.userId()) {
      const { seq } = frame;
      this.#change(String(frame['chatId']), (chat) => ({
        ...chat,
        unread: Math.min(chat.unread, Math.max(0, chat.lastSeq - seq)),
      }));
    }
  }

  #request(frame: Frame): Promise<Frame> {
    return this.#link.request(frame, { retry: true });
  }

  async #page(cursor: string | undefined): Promise<{ chats: Chat[]; nextCursor?: string }> {
    const reply = await this.#request({
      type: 'GET_CHATS',
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (!isA(reply, 'CHATS')) throw new Error(`${reply.type} is not a list of chats`);
    const { chats, nextCursor } = reply;
    return { chats: chats.map(asChat), ...(nextCursor ? { nextCursor } : {}) };
  }

  #show(chats: readonly Chat[], nextCursor: string | undefined): void {
    this.#cursor = nextCursor;
    this.update({ chats, hasMore: nextCursor !== undefined });
  }

  /** A member's view of an updated chat knows nothing of the reader's own position. */
  #updated(chat: Chat): void {
    const before = this.snapshot.chats.find(({ id }) => id === chat.id);
    const shown = before === undefined ? chat : { ...chat, unread: before.unread };
    this.#put(shown);
    this.emit('updated', shown);
  }

  /** Returns whether the chat is new. */
  #put(chat: Chat): boolean {
    const { chats } = this.snapshot;
    const isNew = chats.every(({ id }) => id !== chat.id);
    this.update({
      chats: isNew ? [chat, ...chats] : chats.map((old) => (old.id === chat.id ? chat : old)),
    });
    return isNew;
  }

  #removed(id: string): void {
    if (this.snapshot.chats.every((chat) => chat.id !== id)) return;
    this.update({ chats: this.snapshot.chats.filter((chat) => chat.id !== id) });
    this.emit('deleted', { id });
  }

  #change(id: string, change: (chat: Chat) => Chat): void {
    const { chats } = this.snapshot;
    if (chats.every((chat) => chat.id !== id)) return;
    this.update({ chats: chats.map((chat) => (chat.id === id ? change(chat) : chat)) });
  }
}

/** The server writes `null` for what is absent. */
type WireChat = { [Field in keyof Chat]?: Chat[Field] | null } & Pick<
  Chat,
  'id' | 'name' | 'ownerId' | 'createdAt' | 'lastSeq' | 'unread'
>;

function asChat(chat: WireChat): Chat {
  const { members, assistant, lastMessageAt, ...others } = chat;
  return {
    ...others,
    members: members ?? undefined,
    assistant: assistant ?? undefined,
    lastMessageAt: lastMessageAt ?? null,
  };
}

function chatOf(reply: Frame): Chat {
  return asChat(reply['chat'] as WireChat);
}
