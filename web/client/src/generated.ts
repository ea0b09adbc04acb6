/** Types of the HTTP API and of the frames. Generated from the server's description: do not edit. */

export interface AcceptedNotification {
  /** The notification's. */
  id: string;
}

/** What users who are not members need to enter. */
export type Access = "open" | "password" | "invite" | "members";

export interface Answer {
  context: unknown;
  /** The question. */
  message: string;
  response: string;
  source: Source;
  timestamp: string;
}

/** The part of an answer of the assistant that other messages lack. */
export interface AnswerNote {
  /** Somebody stopped it. */
  cancelled?: boolean;
  /** The `seq` of the question. */
  replyTo: number;
  /** It was longer. */
  truncated?: boolean;
}

/** An answer under way. A client drops deltas of this run up to `index`. */
export interface AnswerProgress {
  /** Of the last delta that `text` holds; -1 before the first. */
  index: number;
  messageId: string;
  /** The `seq` of the question. */
  replyTo: number;
  run: number;
  text: string;
}

export type AssistantFrame = {
  chatId: ChatId;
  messageId: string;
  replyTo: number;
  run: number;
  type: "assistant.started";
} | {
  chatId: ChatId;
  index: number;
  messageId: string;
  run: number;
  text: string;
  type: "assistant.delta";
} | {
  chatId: ChatId;
  messageId: string;
  seq: number;
  type: "assistant.done";
} | {
  chatId: ChatId;
  error: Failure;
  messageId: string;
  run: number;
  type: "assistant.failed";
};

export type AudioFormat = "webm" | "ogg" | "mp3" | "mp4" | "wav";

/** The stream from its first chunk to `audio.end`. */
export interface AudioTotals {
  bytes: number;
  chunks: number;
  durationSeconds?: number | null;
  missing: number[];
}

/** A chat as clients see it. */
export interface Chat {
  assistant?: boolean;
  createdAt: string;
  id: ChatId;
  lastMessageAt?: string | null;
  lastSeq: number;
  members?: UserId[] | null;
  name: string;
  ownerId: UserId;
  unread: number;
}

/** Names a chat. We create these ids, so any other form is not an id. */
export type ChatId = string;

export type ChatScope = "all" | "mine" | "open";

/** A time as the client writes it: it is given back or compared. */
export type ClientTime = string | number;

/** The device's own answer. */
export interface CommandAnswer {
  deviceId: string;
  method: string;
  payload: unknown;
  /** The device's own status, such as 200. */
  status: number;
}

export interface CommandInput {
  device_id: string;
  /** The name of the direct method: 1 to 100 visible ASCII characters. */
  method: string;
  /** Any JSON, at most 128 KiB. */
  payload?: unknown;
  /** How long the device may take: 5 to 200, 30 by default. */
  timeoutSeconds?: number | null;
}

export type Condition = "ok" | "degraded" | "disabled";

/** Names a conversation, and is the key that clients know it by. */
export type ConversationName = {
  room_id: RoomId;
} | {
  chatId: ChatId;
} | {
  session_id: SessionId;
};

export interface DeviceBody {
  /**
   * `Connected` or `Disconnected`, as IoT Hub says. `null` if it was not asked or does not
   * answer; a list asks for none.
   */
  connectionState?: string | null;
  deviceId: string;
  last?: TelemetryBody | null;
  lastSeenAt: string;
}

/** Names a device, by the rules of IoT Hub. */
export type DeviceId = string;

export interface Devices {
  /** By their ids. */
  devices: DeviceBody[];
  /** For the next page; absent on the last one. */
  nextCursor?: string | null;
}

export interface Download {
  /** Serves the file as an attachment, with its declared name and type. */
  downloadUrl: string;
  expiresAt: string;
}

export interface EndpointEntry {
  description: string;
  method: string;
  path: string;
}

/** Why a question gets no answer: the code that clients see. */
export type Failure = "content_filtered" | "rate_limited" | "budget_spent" | "cancelled" | "unavailable";

export type FeedFrame = {
  /** Also every other key that its sender wrote. */
  notification: {
    [field: string]: unknown;
  };
  type: "notification";
} | {
  ids: string[];
  type: "notification.read";
} | {
  all: boolean;
  type: "notification.read";
} | {
  data: unknown;
  event_type: string;
  id: string;
  type: "event";
};

/** The file as the message names it. */
export interface FileNote {
  contentType: string;
  fileId: string;
  name: string;
  size: number;
}

export interface FileReference {
  fileId: string;
}

export interface FileToUpload {
  contentType: string;
  /** 1 to 255 characters, without `/`, `\` and control characters. */
  name: string;
  /** In bytes, 1 to 104857600 (100 MiB). */
  size: number;
}

/** The stable part of an error frame. */
export type FrameErrorCode = "bad_frame" | "unknown_type" | "missing_field" | "invalid_field" | "empty_message" | "message_too_long" | "not_found" | "forbidden" | "token_expired" | "rate_limited" | "unavailable" | "internal";

export type Greeting = {
  connectionId: string;
  message: string;
  type: "connection";
} | {
  message: string;
  type: "connection.established";
  user_id: string;
} | {
  message: string;
  org_id: string;
  type: "connection.established";
};

/** The health of this deployment. */
export interface Health {
  /**
   * Open connections of the whole deployment; `null` if the service cannot list them within two
   * seconds.
   */
  connections?: number | null;
  services: Services;
  status: Condition;
  uptimeSeconds: number;
  version: string;
}

/** A notification as it was sent. `read` replaces a key of that name. */
export type InboxEntry = object & {
  read: boolean;
};

/** An invite. The code is shown only once: the store holds its hash. */
export interface Invite {
  expiresAt?: string | null;
  /** The code, for `invite` in the body of a POST to `negotiate`. */
  invite: string;
  role: Role;
  uses: number;
}

export interface InviteBody {
  /** 1 to 31536000 (one year); without it the invite does not expire. */
  expiresInSeconds?: number | null;
  /** The role of those who use it. */
  role: Role;
  /** 1 to 100000; 1 by default. */
  uses?: number | null;
}

export interface Member {
  role: Role;
  userId: string;
}

/** A message as chats and the REST API show it. `id` is the client's, if it gave one. */
export type Message = Partial<AnswerNote> & ({
  content: string;
  createdAt: string;
  file?: FileNote | null;
  id: string;
  senderId: string;
  senderName: string;
  seq: number;
});

/** A message as it is broadcast, in the form of its kind of conversation. */
export type MessageFrame = {
  chatId: ChatId;
  message: Message;
  type: "MESSAGE";
} | RoomMessage & {
  type: "message";
};

export interface Messages {
  /** The answer of the assistant that is under way in a chat. */
  answering?: AnswerProgress[];
  /** In the direction that was asked for. */
  hasMore: boolean;
  /** Of the last message that there is; 0 where nothing was said. */
  lastSeq: number;
  /** Oldest first. */
  messages: Message[];
}

/** The parameters of `negotiate` in a body, where targets may also be lists. */
export interface NegotiateBody {
  channel?: TextOrList | null;
  chat_id?: TextOrList | null;
  device_id?: TextOrList | null;
  /** A room's invite. Not allowed in a query, because a GET may be sent twice on its way. */
  invite?: string | null;
  org_id?: TextOrList | null;
  password?: string | null;
  role?: string | null;
  room_id?: TextOrList | null;
  session_id?: TextOrList | null;
  token?: string | null;
  username?: string | null;
}

/** Where to connect, and as whom. */
export interface Negotiated {
  /** Only with `INCLUDE_ACCESS_TOKEN`. */
  accessToken?: string | null;
  /** `url` without the token; only with `INCLUDE_ACCESS_TOKEN`. */
  baseUrl?: string | null;
  expiresAt: string;
  /** In seconds. */
  expiresIn: number;
  /** The groups that the client joins as it connects. */
  groups: string[];
  hub: string;
  /** What the service lets the client do directly; everything else goes through events. */
  roles: string[];
  /** The first requested room. */
  room?: string | null;
  /** The URL for the WebSocket, with its token. */
  url: string;
  userId: string;
}

/** `content` may be left out if there is a `file`. */
export interface NewChatMessage {
  content: string;
  file?: UploadedFile | null;
  /** Recognises repeats: 1 to 200 characters. */
  id?: string | null;
}

export interface NewEvent {
  /** Any JSON of at most 64 KiB; it is sent unchanged. */
  data: unknown;
  /** 1 to 256 characters. */
  event_type: string;
}

export interface NewMessageBody {
  /** 1 to 2000 characters; none are needed beside a file. */
  content?: string;
  file?: FileReference | null;
  /** By which a repeat is known: unique for conversation and sender. */
  id?: string | null;
  /** `publisher` unless said. */
  senderId?: string | null;
  senderName?: string | null;
}

export interface NewNotification {
  /**
   * An object of at most 64 KiB with any keys. `id` (1 to 200 characters) and `timestamp`, both
   * text, are added if absent. A user gets one notification for each `id`: a repeat changes
   * nothing, whatever it holds.
   */
  notification: object;
  user_id: string;
}

export interface NewSession {
  /** Two different users. */
  participants: Participant[];
}

/** Newest first. */
export interface Notifications {
  /** Whether there are older ones: pass the last `id` as `before`. */
  hasMore: boolean;
  notifications: InboxEntry[];
}

/** One service that this deployment depends on. */
export interface Part {
  /** The failure. */
  detail?: string | null;
  latencyMs?: number | null;
  status: Condition;
}

export interface Participant {
  /** 1 to 128 characters. */
  name: string;
  userId: string;
}

/** The connected users, sorted by id. */
export interface Presence {
  users: Present[];
}

export interface Present {
  /** The number of the user's open connections. */
  connections: number;
  userId: string;
}

/** The body of a problem. */
export interface Problem {
  /** The close code that a server with its own sockets would have sent. */
  closeCode?: number | null;
  /** Stable and machine-readable. */
  code: string;
  /** A sentence for a person. */
  detail: string;
  /** The HTTP status. */
  status: number;
  /** The name of the HTTP status. */
  title: string;
  /** Always `about:blank`; `code` tells problems apart. */
  type: string;
}

export interface Question {
  /** Any JSON; it is returned unchanged. The assistant reads it, up to 8000 characters. */
  context?: unknown;
  /** 1 to 2000 characters. */
  message: string;
}

/** Either `ids` or `all`. */
export interface ReadMarks {
  /** `true`: all that are in the inbox now. */
  all?: boolean | null;
  /** 1 to 100 ids. Those that are not in the inbox are ignored. */
  ids?: string[] | null;
}

/** Ordered by what it allows. */
export type Role = "reader" | "writer";

/** A room that has a record. */
export interface Room {
  access: Access;
  createdAt: string;
  id: string;
  members: Member[];
  name?: string | null;
  persistent: boolean;
}

/** A change of a room. Absent fields stay as they are. */
export interface RoomBody {
  access?: Access | null;
  /** The complete list: users who are not named stop being members. */
  members?: Member[] | null;
  /** 1 to 200 characters. */
  name?: string | null;
  /** 1 to 256 characters; stored as an Argon2id hash and never shown. */
  password?: string | null;
  /** Whether every message must be stored. Then clients cannot send to the group directly. */
  persistent?: boolean | null;
}

/** A file as rooms and sessions show it. */
export interface RoomFile {
  content_type: string;
  file_id: string;
  name: string;
  size: number;
}

/**
 * Names a room and its group. It also becomes a path segment and a key in the store, so only
 * characters that are safe in all of them are allowed.
 */
export type RoomId = string;

/** A message as rooms and sessions show it. `message_id` is always ours. */
export type RoomMessage = ConversationName & ({
  client_id?: string | null;
  content: string;
  created_at: string;
  file?: RoomFile | null;
  message_id: string;
  sender_id: string;
  sender_name: string;
  seq: number;
});

/** A page of rooms, sorted by id. */
export interface Rooms {
  /** The `cursor` of the next page; absent on the last one. */
  nextCursor?: string | null;
  rooms: Room[];
}

export interface SanctionBody {
  /** At most 200 characters. A kicked client receives it. */
  reason?: string | null;
  userId: string;
}

export interface SentEvent {
  /** The `id` in the frame. */
  id: string;
}

export interface Services {
  assistant: Part;
  iotHub: Part;
  store: Part;
  webPubSub: Part;
}

/** A session. `unread` is present in answers to a participant. */
export interface Session {
  createdAt: string;
  id: string;
  lastMessageAt?: string | null;
  lastSeq: number;
  participants: Participant[];
  unread?: number | null;
}

/** Names a session: a UUID in its hyphenated form only, stored in lower case. */
export type SessionId = string;

export interface Sessions {
  sessions: Session[];
}

export type Source = "echo" | "assistant";

/** The version and the endpoints of this deployment. */
export interface Status {
  /**
   * Open connections of the whole deployment; `null` if the service cannot list them within two
   * seconds.
   */
  activeConnections?: number | null;
  endpoints: EndpointEntry[];
  name: string;
  uptimeSeconds: number;
  version: string;
}

export interface Telemetry {
  /** For the next page; absent on the last one. */
  nextCursor?: string | null;
  /** Newest first. */
  telemetry: TelemetryBody[];
}

export interface TelemetryBody {
  /** JSON as the device sent it, or `{"base64":"…"}`. */
  body: unknown;
  enqueuedAt: string;
  /** The properties that the device set. */
  properties: object;
  /** The message's number in its partition of the hub's event stream. */
  sequence: number;
}

/** One id, several separated by commas, or a list. */
export type TextOrList = string | string[];

export interface UnreadCount {
  /** At most 1000, which stands for 1000 or more. */
  unread: number;
}

export interface Upload {
  expiresAt: string;
  /** For `file` in the message that the file belongs to. */
  fileId: string;
  /** The URL to `PUT` the content to, once, with the header `x-ms-blob-type: BlockBlob`. */
  uploadUrl: string;
}

/** A file that was uploaded before. */
export interface UploadedFile {
  fileId: string;
}

export interface User {
  name: string;
  user_id: string;
}

/**
 * A user's id: 1 to 256 bytes of visible ASCII. The service sends it in a header of its webhooks,
 * and the Functions host answers 500 if a header contains anything else.
 */
export type UserId = string;

export interface UserInput {
  /** 1 to 128 characters. */
  name: string;
  user_id: string;
}

/** The frames that clients send, by their type. */
export interface ClientFrames {
  /** Answered with `pong`. */
  ping: {
    timestamp?: ClientTime | null;
    type: "ping";
  };
  /** Answered with `test_response`. */
  test: {
    message: string;
    timestamp?: ClientTime | null;
    type: "test";
  };
  /** Answered with `audio_started`. An unfinished recording is dropped. */
  "audio.start": {
    format?: AudioFormat | null;
    /** Records the stream; `audio_transcript` follows its end. */
    transcribe?: boolean | null;
    type: "audio.start";
  };
  /** Answered with `audio_received`. */
  audio: {
    /** Base64 of at most 512 KiB. */
    data: string;
    sequence?: number | null;
    timestamp?: ClientTime | null;
    type: "audio";
  };
  /** Answered with `audio_summary`. */
  "audio.end": {
    type: "audio.end";
  };
  /** Answered with `authenticated`. */
  authenticate: {
    /** A JWT of the same user. */
    token: string;
    type: "authenticate";
  };
  /** Answered with `CHATS`. */
  GET_CHATS: {
    cursor?: ChatId | null;
    limit?: number | null;
    scope?: ChatScope | null;
    type: "GET_CHATS";
  };
  /** Answered with `CHAT_CREATED`. */
  CREATE_CHAT: {
    assistant?: boolean | null;
    members?: UserId[] | null;
    name: string;
    type: "CREATE_CHAT";
  };
  /** Answered with `CHAT_UPDATED`. */
  RENAME_CHAT: {
    chatId: ChatId;
    name: string;
    type: "RENAME_CHAT";
  };
  /** Answered with `CHAT_UPDATED`. */
  SET_CHAT_MEMBERS: {
    chatId: ChatId;
    members: UserId[];
    type: "SET_CHAT_MEMBERS";
  };
  /** Answered with `CHAT_DELETED`. */
  DELETE_CHAT: {
    chatId: ChatId;
    type: "DELETE_CHAT";
  };
  /** Answered with `MESSAGE_SENT`. */
  SEND_MESSAGE: {
    chatId: ChatId;
    message: NewChatMessage;
    type: "SEND_MESSAGE";
  };
  /** Answered with `CHAT_HISTORY`. Without `before` and `after`: the newest messages. */
  GET_CHAT_HISTORY: {
    after?: number | null;
    before?: number | null;
    chatId: ChatId;
    limit?: number | null;
    type: "GET_CHAT_HISTORY";
  };
  /**
   * With a `requestId` answered with `message_sent`. The conversation may be left out on a
   * connection that is bound to only one.
   */
  message: {
    /** May be left out if there is a `file`. */
    content: string;
    file?: UploadedFile | null;
    /** Recognises repeats: 1 to 200 characters. */
    id?: string | null;
    room_id?: RoomId | null;
    session_id?: SessionId | null;
    type: "message";
  };
  /** Answered with `history`. */
  history: {
    after?: number | null;
    before?: number | null;
    limit?: number | null;
    room_id?: RoomId | null;
    session_id?: SessionId | null;
    type: "history";
  };
  /** Shown to the others. */
  typing: {
    chatId?: ChatId | null;
    is_typing: boolean;
    room_id?: RoomId | null;
    session_id?: SessionId | null;
    type: "typing";
  };
  /** Shown to everyone, and stored. */
  read: {
    chatId?: ChatId | null;
    room_id?: RoomId | null;
    seq: number;
    session_id?: SessionId | null;
    type: "read";
  };
  /** Answered with `MESSAGE_SENT`, whose `messageId` the answer will have. */
  ask: {
    chatId: ChatId;
    content: string;
    /** Recognises repeats: 1 to 200 characters. */
    id?: string | null;
    type: "ask";
  };
  /** Everyone in the chat sees how the answer ends. */
  "assistant.cancel": {
    chatId: ChatId;
    messageId: string;
    type: "assistant.cancel";
  };
}

/** The frames that the server sends, by their type. */
export interface ServerFrames {
  /**
   * Repeats the client's time, so that the client can measure the round trip; otherwise it holds
   * the server's.
   */
  pong: {
    timestamp: unknown;
    type: "pong";
  };
  test_response: {
    message: string;
    originalMessage: string;
    timestamp: string;
    type: "test_response";
  };
  audio_started: {
    recordingId?: string | null;
    type: "audio_started";
  };
  audio_received: {
    dataSize: number;
    message: string;
    missing?: number[];
    sequence?: number | null;
    type: "audio_received";
  };
  audio_summary: {
    type: "audio_summary";
  } & (AudioTotals & ({
    /** Its transcript follows. */
    recordingId?: string | null;
  }));
  /** What the connection that made the recording receives: `text`, or `error`. */
  audio_transcript: {
    /** `content_filtered`, `rate_limited` or `unavailable`. */
    error?: string | null;
    recordingId: string;
    text?: string | null;
    type: "audio_transcript";
  };
  /** What those who watch the device receive. */
  telemetry: {
    body: unknown;
    deviceId: DeviceId;
    enqueuedAt: string;
    properties: {
      [field: string]: unknown;
    };
    sequence: number;
    type: "telemetry";
  };
  authenticated: {
    expires_at?: string | null;
    type: "authenticated";
    user_id: string;
  };
  CHATS: {
    chats: Chat[];
    nextCursor?: ChatId | null;
    type: "CHATS";
  };
  CHAT_CREATED: {
    chat: Chat;
    type: "CHAT_CREATED";
  };
  /** `CHAT_UPDATED` */
  CHAT_UPDATED: {
    chat: Chat;
    type: "CHAT_UPDATED";
  };
  CHAT_DELETED: {
    chatId: ChatId;
    type: "CHAT_DELETED";
  };
  MESSAGE_SENT: {
    chatId: ChatId;
    duplicate: boolean;
    message: Message;
    /** The id of the answer that a question will get. */
    messageId?: string | null;
    type: "MESSAGE_SENT";
  };
  CHAT_HISTORY: {
    answering?: AnswerProgress[];
    chatId: ChatId;
    hasMore: boolean;
    lastSeq: number;
    messages: Message[];
    type: "CHAT_HISTORY";
  };
  message_sent: {
    duplicate: boolean;
    message_id: string;
    seq: number;
    type: "message_sent";
  };
  history: {
    type: "history";
  } & (ConversationName & {
    has_more: boolean;
    last_seq: number;
    messages: RoomMessage[];
  });
  typing: {
    type: "typing";
  } & (ConversationName & {
    is_typing: boolean;
    sender_id: UserId;
    sender_name: string;
  });
  read: {
    type: "read";
  } & (ConversationName & {
    seq: number;
    user_id: UserId;
  });
  /** The frame was carried out. */
  ok: {
    type: "ok";
  };
  /** An error frame. The connection stays open. */
  error: {
    closeCode?: number | null;
    error: FrameErrorCode;
    message: string;
    retryAfterMs?: number | null;
    type: "error";
  };
  MESSAGE: {
    chatId: ChatId;
    message: Message;
    type: "MESSAGE";
  };
  message: RoomMessage & {
    type: "message";
  };
  connection: {
    connectionId: string;
    message: string;
    type: "connection";
  };
  "connection.established": {
    message: string;
    type: "connection.established";
    user_id: string;
  } | {
    message: string;
    org_id: string;
    type: "connection.established";
  };
  notification: {
    /** Also every other key that its sender wrote. */
    notification: {
      [field: string]: unknown;
    };
    type: "notification";
  };
  "notification.read": {
    ids: string[];
    type: "notification.read";
  } | {
    all: boolean;
    type: "notification.read";
  };
  event: {
    data: unknown;
    event_type: string;
    id: string;
    type: "event";
  };
  "assistant.started": {
    chatId: ChatId;
    messageId: string;
    replyTo: number;
    run: number;
    type: "assistant.started";
  };
  "assistant.delta": {
    chatId: ChatId;
    index: number;
    messageId: string;
    run: number;
    text: string;
    type: "assistant.delta";
  };
  "assistant.done": {
    chatId: ChatId;
    messageId: string;
    seq: number;
    type: "assistant.done";
  };
  "assistant.failed": {
    chatId: ChatId;
    error: Failure;
    messageId: string;
    run: number;
    type: "assistant.failed";
  };
}

/** The HTTP API: what each operation takes and answers. */
export interface Operations {
  /** Ask a question; without an assistant the answer is an echo */
  "POST chat": {
    path: object;
    query: {
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: Question;
    answer: Answer;
  };
  /** Connection events: connect, connected, disconnected */
  "POST connect_event": {
    path: object;
    query: object;
    body: undefined;
    answer: unknown;
  };
  /** The Web PubSub service's validation handshake */
  "OPTIONS connect_event": {
    path: object;
    query: object;
    body: undefined;
    answer: unknown;
  };
  /** The devices that have reported, or one of them */
  "GET devices": {
    path: object;
    query: {
      /** One device; the answer is then that device alone. */
      device_id?: string;
      /** 50 by default, at most 200. */
      limit?: number;
      /** `nextCursor` of the page before. */
      cursor?: string;
    };
    body: undefined;
    answer: Devices;
  };
  /** Call a direct method of a device */
  "POST devices/commands": {
    path: object;
    query: object;
    body: CommandInput;
    answer: CommandAnswer;
  };
  /** What a device has reported, newest first */
  "GET devices/telemetry": {
    path: object;
    query: {
      device_id: string;
      /** Only messages that came after this time (RFC 3339). */
      since?: string;
      /** 50 by default, at most 200. */
      limit?: number;
      /** `nextCursor` of the page before. */
      cursor?: number;
    };
    body: undefined;
    answer: Telemetry;
  };
  /** Send an event to the connected members of an organisation */
  "POST events/{org_id}": {
    path: {
      /** The organisation */
      org_id: string;
    };
    query: object;
    body: NewEvent;
    answer: SentEvent;
  };
  /** Whether this deployment and the services it depends on work */
  "GET health": {
    path: object;
    query: {
      /** `1`: answer whether the process runs, without any check. */
      live?: string;
    };
    body: undefined;
    answer: Health;
  };
  /** Events that clients send */
  "POST message_event": {
    path: object;
    query: object;
    body: undefined;
    answer: unknown;
  };
  /** The Web PubSub service's validation handshake */
  "OPTIONS message_event": {
    path: object;
    query: object;
    body: undefined;
    answer: unknown;
  };
  /** Request a URL to connect to */
  "GET negotiate": {
    path: object;
    query: {
      /**
       * Rooms. Every target parameter may be repeated or hold several ids, separated by commas. At
       * least one target is required.
       */
      room_id?: string;
      /** Chats. */
      chat_id?: string;
      /** Sessions. */
      session_id?: string;
      /** Organisations whose events to receive. */
      org_id?: string;
      /** Devices whose telemetry to receive. */
      device_id?: string;
      /** `notifications`, `audio`, `chats`. */
      channel?: string;
      /**
       * For an anonymous caller the user id, for a signed-in one the display name, with an API
       * token the user to negotiate for.
       */
      username?: string;
      /** The requested role in rooms: `writer` or `reader`. */
      role?: string;
      /** A room's password. */
      password?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: undefined;
    answer: Negotiated;
  };
  /** The same, with the parameters in a body */
  "POST negotiate": {
    path: object;
    query: {
      /**
       * Rooms. Every target parameter may be repeated or hold several ids, separated by commas. At
       * least one target is required.
       */
      room_id?: string;
      /** Chats. */
      chat_id?: string;
      /** Sessions. */
      session_id?: string;
      /** Organisations whose events to receive. */
      org_id?: string;
      /** Devices whose telemetry to receive. */
      device_id?: string;
      /** `notifications`, `audio`, `chats`. */
      channel?: string;
      /**
       * For an anonymous caller the user id, for a signed-in one the display name, with an API
       * token the user to negotiate for.
       */
      username?: string;
      /** The requested role in rooms: `writer` or `reader`. */
      role?: string;
      /** A room's password. */
      password?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: NegotiateBody;
    answer: Negotiated;
  };
  /** The user's notifications, newest first */
  "GET notifications": {
    path: object;
    query: {
      /** Required with an API token: the user for whom the back end calls. */
      username?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
      /** `true`: unread ones only. */
      unread?: boolean;
      /** 50 by default, at most 200. A page is also cut at 512 KiB. */
      limit?: number;
      /** The `id` of a notification: only those that arrived before it. */
      before?: string;
    };
    body: undefined;
    answer: Notifications;
  };
  /** Send a notification to a user */
  "POST notifications": {
    path: object;
    query: object;
    body: NewNotification;
    answer: AcceptedNotification;
  };
  /** Mark some of the user's notifications, or all, as read */
  "POST notifications/read": {
    path: object;
    query: {
      /** Required with an API token: the user for whom the back end calls. */
      username?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: ReadMarks;
    answer: unknown;
  };
  /** How many of the user's notifications are unread */
  "GET notifications/unread-count": {
    path: object;
    query: {
      /** Required with an API token: the user for whom the back end calls. */
      username?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: undefined;
    answer: UnreadCount;
  };
  /** This description */
  "GET openapi.json": {
    path: object;
    query: object;
    body: undefined;
    answer: unknown;
  };
  /** The rooms that were set up */
  "GET rooms": {
    path: object;
    query: {
      /** 50 by default, at most 200. */
      limit?: number;
      /** `nextCursor` of the previous page. */
      cursor?: string;
    };
    body: undefined;
    answer: Rooms;
  };
  /** A room that was set up */
  "GET rooms/{id}": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: undefined;
    answer: Room;
  };
  /** Set up a room, or change it */
  "PUT rooms/{id}": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: RoomBody;
    answer: Room;
  };
  /** Delete a room with its messages */
  "DELETE rooms/{id}": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: undefined;
    answer: unknown;
  };
  /** Ban a user from a room */
  "POST rooms/{id}/ban": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: SanctionBody;
    answer: unknown;
  };
  /** Request a URL to download a file from */
  "GET rooms/{id}/files": {
    path: {
      /** The room, or `chat:<id>`, `session:<id>` */
      id: string;
    };
    query: {
      /** The `fileId`. */
      file: string;
      /** The user id of an anonymous caller; with an API token the user to act for. */
      username?: string;
      /** The room's password. */
      password?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: undefined;
    answer: Download;
  };
  /** Request a URL to upload a file to */
  "POST rooms/{id}/files": {
    path: {
      /** The room, or `chat:<id>`, `session:<id>` */
      id: string;
    };
    query: {
      /** The user id of an anonymous caller; with an API token the user to act for. */
      username?: string;
      /** The room's password. */
      password?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: FileToUpload;
    answer: Upload;
  };
  /** Create an invite to a room */
  "POST rooms/{id}/invites": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: InviteBody;
    answer: Invite;
  };
  /** Close a user's connections in a room; the user may come back */
  "POST rooms/{id}/kick": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: SanctionBody;
    answer: unknown;
  };
  /** Messages of a conversation */
  "GET rooms/{id}/messages": {
    path: {
      /** The room, or `chat:<id>`, `session:<id>` */
      id: string;
    };
    query: {
      /** Those just before this `seq`. Without `before` and `after`: the newest. */
      before?: number;
      /** Those just after this `seq`. */
      after?: number;
      /** 50 by default, at most 200. */
      limit?: number;
      /** The user id of an anonymous caller; with an API token the user to act for. */
      username?: string;
      /** The room's password. */
      password?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: undefined;
    answer: Messages;
  };
  /** Post a message as a back end */
  "POST rooms/{id}/messages": {
    path: {
      /** The room, or `chat:<id>`, `session:<id>` */
      id: string;
    };
    query: object;
    body: NewMessageBody;
    answer: Message;
  };
  /** Mute a user in a room */
  "POST rooms/{id}/mute": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: SanctionBody;
    answer: unknown;
  };
  /** Who is connected */
  "GET rooms/{id}/presence": {
    path: {
      /** The room, or `chat:<id>`, `session:<id>` */
      id: string;
    };
    query: {
      /** The user id of an anonymous caller; with an API token the user to act for. */
      username?: string;
      /** The room's password. */
      password?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: undefined;
    answer: Presence;
  };
  /** Lift a ban */
  "POST rooms/{id}/unban": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: SanctionBody;
    answer: unknown;
  };
  /** Lift a mute */
  "POST rooms/{id}/unmute": {
    path: {
      /** The room */
      id: string;
    };
    query: object;
    body: SanctionBody;
    answer: unknown;
  };
  /** The user's sessions, the most recently active first */
  "GET sessions": {
    path: object;
    query: {
      /** Required with an API token: the user for whom the back end calls. */
      username?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
      /** 50 by default, at most 200. */
      limit?: number;
    };
    body: undefined;
    answer: Sessions;
  };
  /** One of the user's sessions */
  "GET sessions/{id}": {
    path: {
      /** The session's UUID */
      id: string;
    };
    query: {
      /** Required with an API token: the user for whom the back end calls. */
      username?: string;
      /** A JWT, for callers that cannot set headers. */
      token?: string;
    };
    body: undefined;
    answer: Session;
  };
  /** Create a session of two users */
  "PUT sessions/{id}": {
    path: {
      /** A UUID of the caller's choice */
      id: string;
    };
    query: object;
    body: NewSession;
    answer: Session;
  };
  /** The version and the endpoints of this deployment */
  "GET status": {
    path: object;
    query: object;
    body: undefined;
    answer: Status;
  };
  /** A registered user */
  "GET users": {
    path: object;
    query: {
      user_id: string;
    };
    body: undefined;
    answer: User;
  };
  /** Register a user, or change the name */
  "PUT users": {
    path: object;
    query: object;
    body: UserInput;
    answer: User;
  };
}
