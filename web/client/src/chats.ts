/** The list of chats. */

import { Observable } from './observable.js';
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

/** Made by `switchboard.chats`. */
export class ChatList extends Observable<ChatListState, ChatListEvents> {
  create(name: string, options?: NewChat): Promise<Chat> {
    throw new Error(`${name} ${options}`);
  }
  rename(id: string, name: string): Promise<Chat> {
    throw new Error(`${id} ${name}`);
  }
  setMembers(id: string, members: readonly string[]): Promise<Chat> {
    throw new Error(`${id} ${members}`);
  }
  delete(id: string): Promise<void> {
    throw new Error(id);
  }
  loadMore(): Promise<void> {
    throw new Error();
  }
  close(): void {
    throw new Error();
  }
}
