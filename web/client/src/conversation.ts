/** A room, a chat or a session. */

import type { Unsubscribe } from './emitter.js';
import { Observable } from './observable.js';
import type { ConversationState, Message } from './types.js';

export interface SendOptions {
  /** Recognises repeats; made up if absent. */
  id?: string;
  /** An uploaded file: see `upload`. */
  fileId?: string;
  /** In a chat: asks the assistant. (In a chat with `assistant: true` every message does.) */
  ask?: boolean;
}

/** Data that a writer of a room sent straight to its group. Anything may be in it. */
export interface RoomBroadcast {
  readonly data: unknown;
  readonly fromUserId: string;
}

/** Someone who is connected to a room. */
export interface PresentUser {
  readonly userId: string;
  readonly connections: number;
}

export interface ConversationEvents {
  /** A message that is newer than the first page, once each, in order. */
  message: Message;
  /** Rooms only. Not stored, and not checked by the server. */
  broadcast: RoomBroadcast;
}

/** Made by `switchboard.room`, `chat` and `session`. */
export class Conversation extends Observable<ConversationState, ConversationEvents> {
  readonly kind!: 'room' | 'chat' | 'session';
  readonly id!: string;
  /** The Web PubSub group that carries it. */
  readonly group!: string;

  /**
   * Sends a message, now or as soon as the connection is there. Resolves with the stored message;
   * rejects only if the server refuses it, in which case it stays in `pending` as `failed`.
   */
  send(content: string, options?: SendOptions): Promise<Message> {
    throw new Error(`${content} ${options}`);
  }

  /** Sends a failed message again. */
  retry(id: string): void {
    throw new Error(id);
  }

  /** Removes a message from `pending`. One that is under way may be stored all the same. */
  discard(id: string): void {
    throw new Error(id);
  }

  /** Loads the page before the first message. */
  loadOlder(limit?: number): Promise<void> {
    throw new Error(`${limit}`);
  }

  /** Requests everything after the last message. Happens by itself after each reconnect and gap. */
  sync(): Promise<void> {
    throw new Error();
  }

  /** Call it with each keystroke: it sends at most one frame in two seconds, and the end by itself. */
  typing(isTyping?: boolean): void {
    throw new Error(`${isTyping}`);
  }

  /** Marks everything up to `seq` as read; without `seq`, everything. */
  markRead(seq?: number): void {
    throw new Error(`${seq}`);
  }

  /** Stops an answer. */
  cancelAnswer(messageId: string): Promise<void> {
    throw new Error(messageId);
  }

  /** Uploads a file that a message may then name: `send('', { fileId })`. */
  upload(file: Blob, name?: string, onProgress?: (share: number) => void): Promise<string> {
    throw new Error(`${file} ${name} ${onProgress}`);
  }

  /** A URL that downloads a file of this conversation, valid for some minutes. */
  downloadUrl(fileId: string): Promise<string> {
    throw new Error(fileId);
  }

  /** Who is connected. Rooms only. */
  presence(): Promise<readonly PresentUser[]> {
    throw new Error();
  }

  /** Rooms whose writer this is: sends data to everyone there, without storing it. */
  broadcast(data: unknown): Promise<void> {
    throw new Error(`${data}`);
  }

  /** Releases it. The last release leaves the conversation. */
  close(): void {
    throw new Error();
  }

  declare readonly subscribe: (listener: () => void) => Unsubscribe;
}
