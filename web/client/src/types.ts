/** The states of the objects of this package. */

import type { SwitchboardError } from './error.js';

/** The state of the connection to the service. */
export type ConnectionStatus =
  /** Nothing was requested yet. */
  | 'idle'
  | 'connecting'
  | 'connected'
  /** The socket broke; the service keeps the connection and what it should have received. */
  | 'recovering'
  /** The connection is lost; another one is being negotiated. */
  | 'reconnecting'
  /** The server refused, and trying again would not help. */
  | 'failed'
  | 'closed';

/** The state of a conversation or feed. */
export type Status =
  /** Waiting for the connection, or for the first page. */
  | 'connecting'
  /** Complete up to now. */
  | 'ready'
  /** Shows what it has; the connection is down and is being restored. */
  | 'offline'
  /** Refused: `error` says why. */
  | 'failed'
  | 'closed';

/** A file of a message. */
export interface FileNote {
  readonly fileId: string;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
}

/** A stored message, in the same form in rooms, chats and sessions. */
export interface Message {
  /** The id that its sender gave, otherwise the server's. */
  readonly id: string;
  /** 1, 2, 3 … in each conversation. */
  readonly seq: number;
  readonly content: string;
  readonly senderId: string;
  readonly senderName: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly file?: FileNote | undefined;
  /** Of an assistant's answer: the `seq` of the question. */
  readonly replyTo?: number | undefined;
  /** Of an assistant's answer: it was stopped. */
  readonly cancelled?: boolean | undefined;
  /** Of an assistant's answer: it was too long. */
  readonly truncated?: boolean | undefined;
}

/** A message that is not acknowledged yet. */
export interface PendingMessage {
  readonly id: string;
  readonly content: string;
  readonly fileId?: string | undefined;
  /** `failed` messages wait for `retry` or `discard`; all others are sent by themselves. */
  readonly state: 'waiting' | 'sending' | 'failed';
  readonly error?: SwitchboardError | undefined;
  /** Milliseconds, by this machine's clock. */
  readonly queuedAt: number;
}

/** Someone who is writing. */
export interface Typist {
  readonly userId: string;
  readonly name: string;
}

/** An assistant's answer that is being written. Once stored it is a {@link Message} instead. */
export interface Answer {
  /** The `id` that the stored answer will have. */
  readonly messageId: string;
  readonly run: number;
  /** The `seq` of the question. */
  readonly replyTo: number;
  readonly text: string;
  readonly state: 'streaming' | 'failed';
  /** Of a failed answer: `content_filtered`, `rate_limited`, `budget_spent`, `cancelled` or `unavailable`. */
  readonly error?: string | undefined;
}

/** A conversation, as far as it is loaded. */
export interface ConversationState {
  readonly status: Status;
  readonly error: SwitchboardError | null;
  /** Ordered by `seq`, without gaps. */
  readonly messages: readonly Message[];
  /** Own messages that are not acknowledged yet, in the order of `send`. */
  readonly pending: readonly PendingMessage[];
  /** Whether there are messages before the first one. */
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** The `seq` of the newest message that is known. */
  readonly lastSeq: number;
  /** How far each user has read, as far as this was seen. */
  readonly readBy: Readonly<Record<string, number>>;
  /** How far this user has read. */
  readonly readSeq: number;
  readonly typing: readonly Typist[];
  readonly answers: readonly Answer[];
}

/** A chat in the list of chats. */
export interface Chat {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  /** Absent in an open chat. */
  readonly members?: readonly string[] | undefined;
  readonly assistant?: boolean | undefined;
  readonly createdAt: string;
  readonly lastMessageAt: string | null;
  readonly lastSeq: number;
  readonly unread: number;
}

/** The chats that the user sees. */
export interface ChatListState {
  readonly status: Status;
  readonly error: SwitchboardError | null;
  /** Newest first. */
  readonly chats: readonly Chat[];
  readonly hasMore: boolean;
}

/** A notification. Back ends may add fields. */
export interface Notification {
  readonly id: string;
  readonly title?: string;
  readonly body?: string;
  readonly timestamp: string;
  readonly read: boolean;
  readonly [field: string]: unknown;
}

/** A user's inbox. */
export interface NotificationsState {
  readonly status: Status;
  readonly error: SwitchboardError | null;
  /** Newest first. */
  readonly items: readonly Notification[];
  readonly unread: number;
  readonly hasOlder: boolean;
}

/** An event of an organisation. */
export interface OrgEvent<Data = unknown> {
  readonly id: string;
  readonly eventType: string;
  readonly data: Data;
  /** Milliseconds, by this machine's clock. */
  readonly receivedAt: number;
}

/** An organisation's events since this page connected; the server keeps none. */
export interface OrgEventsState {
  readonly status: Status;
  readonly error: SwitchboardError | null;
  /** Newest first, at most 200. */
  readonly events: readonly OrgEvent[];
}

/** One message of a device. */
export interface Telemetry {
  readonly deviceId: string;
  readonly enqueuedAt: string;
  readonly sequence: number;
  readonly properties: Readonly<Record<string, unknown>>;
  /** JSON; `{base64}` if the device sent something else. */
  readonly body: unknown;
}

/** A device's newest messages. */
export interface DeviceState {
  readonly status: Status;
  readonly error: SwitchboardError | null;
  /** Oldest first, as a chart reads them; at most 1000. */
  readonly telemetry: readonly Telemetry[];
  readonly last: Telemetry | null;
  /** `Connected` or `Disconnected`, where IoT Hub could be asked. */
  readonly connectionState: string | null;
}

/** A device's answer to a command. */
export interface CommandResult {
  readonly deviceId: string;
  readonly method: string;
  readonly status: number;
  readonly payload: unknown;
}

/** The end of an audio stream. */
export interface AudioSummary {
  readonly chunks: number;
  readonly bytes: number;
  readonly durationSeconds?: number | undefined;
  readonly missing: readonly number[];
  readonly recordingId?: string | undefined;
}

/** An audio stream. */
export interface AudioState {
  readonly status: Status;
  readonly error: SwitchboardError | null;
  readonly isStreaming: boolean;
  readonly sentChunks: number;
  readonly acknowledgedChunks: number;
  readonly sentBytes: number;
  /** Sequence numbers that the server misses. */
  readonly missing: readonly number[];
  readonly summary: AudioSummary | null;
  readonly recordingId: string | null;
  readonly transcript: string | null;
  /** Why there is no transcript. */
  readonly transcriptError: string | null;
}
