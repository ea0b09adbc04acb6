/** A room, a chat or a session. */

import type { RequestOptions } from '../connection/requests.js';
import type { Envelope, TrustedFrame } from '../connection/trust.js';
import { SwitchboardError, closed } from '../error.js';
import { isA } from '../frames.js';
import type { Frame } from '../frames.js';
import type { Http } from '../http.js';
import { newId } from '../ids.js';
import { Resource } from '../resource.js';
import type { ConversationState, Message } from '../types.js';
import { Answers } from './answers.js';
import { dialectOf } from './dialect.js';
import type { Dialect, Draft, Kind } from './dialect.js';
import { Files } from './files.js';
import type { HttpCredentials, Progress } from './files.js';
import { History } from './history.js';
import { MessageLog } from './log.js';
import { Outbox } from './outbox.js';
import { OthersTyping, OwnTyping } from './typing.js';

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

/** @internal What a conversation needs of the connection that carries it. */
export interface ConversationLink {
  readonly http: Http;
  readonly credentials: HttpCredentials;
  readonly syncIntervalMs: number;
  userId(): string | null;
  request(frame: Frame, options: RequestOptions): Promise<Frame>;
  tell(frame: Frame): void;
  sendToGroup(group: string, data: unknown): Promise<void>;
  recovered(group: string, messages: number): void;
}

const OLDER_PAGE = 50;
const RETRY_SYNC_MS = 5000;
const RETRY = { retry: true } as const;
const EMPTY: ConversationState = {
  status: 'connecting',
  error: null,
  messages: [],
  pending: [],
  hasOlder: false,
  isLoadingOlder: false,
  lastSeq: 0,
  readBy: {},
  readSeq: 0,
  typing: [],
  answers: [],
};

/** The server keeps the text of an answer about once a second. */
const ANSWER_GAP_MS = 500;

/** Made by `switchboard.room`, `chat` and `session`. */
export class Conversation extends Resource<ConversationState, ConversationEvents> {
  readonly kind: Kind;
  readonly id: string;
  readonly #link: ConversationLink;
  readonly #dialect: Dialect;
  readonly #log = new MessageLog();
  readonly #history: History;
  readonly #outbox: Outbox;
  readonly #answers = new Answers();
  readonly #ownTyping: OwnTyping;
  readonly #othersTyping: OthersTyping;
  readonly #files: Files;
  #isOnline = false;
  #markedSeq = 0;
  #interval: ReturnType<typeof setInterval> | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;

  /** @internal */
  constructor(kind: Kind, id: string, link: ConversationLink) {
    super(EMPTY);
    this.kind = kind;
    this.id = id;
    this.#link = link;
    this.#dialect = dialectOf(kind, id);
    const request = (frame: Frame): Promise<Frame> => link.request(frame, RETRY);
    this.#history = new History(this.#log, this.#dialect, request, {
      started: () => this.#show(),
      added: (messages, missed) => {
        this.#added(messages);
        if (missed > 0) link.recovered(this.group, missed);
      },
      answering: (list) => {
        if (this.#answers.answering(list)) this.#showAnswers();
      },
      failed: (error) => this.#failed(error),
    });
    this.#outbox = new Outbox(
      (draft, signal) => this.#post(draft, signal),
      (pending) => this.update({ pending }),
    );
    this.#ownTyping = new OwnTyping((isTyping) => {
      link.tell({ type: 'typing', ...this.#dialect.name, is_typing: isTyping });
    });
    this.#othersTyping = new OthersTyping((typing) => this.update({ typing }));
    this.#files = new Files(link.http, this.group, link.credentials);
    if (link.syncIntervalMs > 0) {
      this.#interval = setInterval(() => {
        if (this.#isOnline) void this.sync();
      }, link.syncIntervalMs);
    }
  }

  /** @internal */
  get target(): Dialect['target'] {
    return this.#dialect.target;
  }

  /** The Web PubSub group that carries it. */
  get group(): string {
    return this.#dialect.group;
  }

  /**
   * Sends a message, now or as soon as the connection is there. Resolves with the stored message;
   * rejects only if the server refuses it, in which case it stays in `pending` as `failed`.
   */
  send(content: string, options: SendOptions = {}): Promise<Message> {
    if (this.isReleased) return Promise.reject(closed());
    const { id = newId(), fileId, ask } = options;
    this.#ownTyping.sent();
    return this.#outbox.add({ id, content, fileId, ask });
  }

  /** Sends a failed message again. */
  retry(id: string): void {
    this.#outbox.retry(id);
  }

  /** Removes a message from `pending`. One that is under way may be stored all the same. */
  discard(id: string): void {
    this.#outbox.discard(id);
  }

  /** Loads the page before the first message. */
  async loadOlder(limit = OLDER_PAGE): Promise<void> {
    const { hasOlder, isLoadingOlder, messages } = this.snapshot;
    const first = messages[0]?.seq;
    if (!hasOlder || isLoadingOlder || first === undefined) return;
    this.update({ isLoadingOlder: true });
    try {
      await this.#history.older(first, limit);
    } finally {
      this.update({ isLoadingOlder: false });
      this.#show();
    }
  }

  /** Requests everything after the last message. Happens by itself after each reconnect and gap. */
  async sync(): Promise<void> {
    const isComplete = await this.#history.sync();
    if (isComplete && this.#isOnline) this.update({ status: 'ready', error: null });
  }

  /** Call it with each keystroke: it sends at most one frame in two seconds, and the end by itself. */
  typing(isTyping = true): void {
    if (isTyping) this.#ownTyping.keystroke();
    else this.#ownTyping.stop();
  }

  /** Marks everything up to `seq` as read; without `seq`, everything. */
  markRead(seq: number = this.#log.last): void {
    if (seq <= this.snapshot.readSeq || seq < 1) return;
    this.update({ readSeq: seq });
    if (this.#isOnline) this.#sendMark();
  }

  /** Stops an answer. */
  async cancelAnswer(messageId: string): Promise<void> {
    const frame = { type: 'assistant.cancel', ...this.#dialect.name, messageId };
    await this.#link.request(frame, { retry: false });
  }

  /** Uploads a file that a message may then name: `send('', { fileId })`. */
  upload(file: Blob, name?: string, onProgress?: Progress): Promise<string> {
    const own = 'name' in file && typeof file.name === 'string' ? file.name : 'file';
    return this.#files.upload(file, name ?? own, onProgress);
  }

  /** A URL that downloads a file of this conversation, valid for some minutes. */
  downloadUrl(fileId: string): Promise<string> {
    return this.#files.downloadUrl(fileId);
  }

  /** The connected users. */
  async presence(): Promise<readonly PresentUser[]> {
    const { http, credentials } = this.#link;
    const path = `rooms/${this.group}/presence`;
    const answer = await http.request<{ users: PresentUser[] }>('GET', path, {
      query: { ...credentials },
    });
    return answer.users;
  }

  /** Rooms whose writer this is: sends data to everyone there, without storing it. */
  broadcast(data: unknown): Promise<void> {
    return this.#link.sendToGroup(this.group, data);
  }

  /** @internal */
  online(): void {
    this.#isOnline = true;
    if (this.snapshot.readSeq > this.#markedSeq) this.#sendMark();
    void this.sync();
  }

  /** @internal */
  override offline(): void {
    this.#isOnline = false;
    this.#othersTyping.clear();
    super.offline();
  }

  /** @internal */
  override refused(error: SwitchboardError): void {
    this.#isOnline = false;
    this.#outbox.close(error);
    super.refused(error);
  }

  /** @internal */
  receive({ frame }: TrustedFrame): void {
    const message = this.#dialect.message(frame);
    if (message !== undefined) {
      this.#accept(message);
    } else if (this.#isOurs(frame)) {
      this.#receiveSign(frame);
    }
  }

  /** @internal */
  receiveFromClient({ group, fromUserId, data }: Envelope): void {
    if (this.kind !== 'room' || group !== this.group) return;
    this.emit('broadcast', { data, fromUserId: fromUserId ?? '' });
  }

  /** Messages that wait are sent first. */
  protected override release(): void {
    if (!this.#outbox.isIdle) {
      const unsubscribe = this.subscribe(() => {
        if (!this.#outbox.isIdle) return;
        unsubscribe();
        this.release();
      });
      return;
    }
    super.release();
    if (this.isReleased) this.#stop();
  }

  /** @internal */
  override abandon(): void {
    this.#isOnline = false;
    this.#outbox.close(closed());
    this.#stop();
    super.abandon();
  }

  #stop(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#answerTimer);
    this.#history.stop();
    this.#ownTyping.sent();
    this.#othersTyping.clear();
  }

  async #post(draft: Draft, signal: AbortSignal): Promise<Message> {
    const reply = await this.#link.request(this.#dialect.post(draft), { retry: true, signal });
    const receipt = this.#dialect.receipt(reply);
    if (receipt === undefined) throw new Error(`${reply.type} is not a receipt`);
    if (receipt.message !== undefined) this.#accept(receipt.message);
    const find = (): Message | undefined =>
      receipt.message ?? this.#log.messages.find(({ seq }) => seq === receipt.seq);
    if (find() === undefined) await this.sync();
    return find() ?? this.#unseen(draft, receipt.seq);
  }

  /** It is stored, but lies outside the loaded piece: somebody repeated an old message. */
  #unseen({ id, content }: Draft, seq: number): Message {
    const senderId = this.#link.userId() ?? '';
    const createdAt = new Date().toISOString();
    return { id, seq, content, senderId, senderName: senderId, createdAt };
  }

  #accept(message: Message): void {
    this.#added(this.#log.offer(message));
    this.#history.expect(message.seq);
  }

  #added(messages: readonly Message[]): void {
    if (messages.length === 0) return;
    const own = this.#link.userId();
    for (const message of messages) {
      this.#answers.stored(message);
      this.#othersTyping.heard(message.senderId, message.senderName, false);
    }
    this.#show();
    for (const message of messages) {
      if (message.senderId === own) this.#outbox.stored(message);
      this.emit('message', message);
    }
  }

  #isOurs(frame: Frame): boolean {
    return Object.entries(this.#dialect.name).every(([field, id]) => frame[field] === id);
  }

  #receiveSign(frame: Frame): void {
    if (isA(frame, 'typing')) {
      if (frame.sender_id === this.#link.userId()) return;
      this.#othersTyping.heard(frame.sender_id, frame.sender_name, frame.is_typing);
    } else if (isA(frame, 'read')) {
      this.#read(frame.user_id, frame.seq);
    } else if (isA(frame, 'CHAT_DELETED')) {
      this.refused(new SwitchboardError('the chat was deleted', { code: 'not_found' }));
    } else if (this.#answers.receive(frame)) {
      this.#showAnswers();
      if (isA(frame, 'assistant.done')) this.#history.expect(frame.seq);
    }
  }

  #read(userId: string, seq: number): void {
    const before = this.snapshot.readBy[userId] ?? 0;
    if (seq <= before) return;
    this.update({ readBy: { ...this.snapshot.readBy, [userId]: seq } });
    if (userId === this.#link.userId() && seq > this.snapshot.readSeq) {
      this.update({ readSeq: seq });
    }
    this.#history.expect(seq);
  }

  /** Only the newest mark matters, so one that fails is not repeated but replaced. */
  #sendMark(): void {
    const seq = this.snapshot.readSeq;
    const frame = { type: 'read', ...this.#dialect.name, seq };
    this.#link.request(frame, RETRY).then(
      () => {
        this.#markedSeq = Math.max(this.#markedSeq, seq);
      },
      () => {},
    );
  }

  #failed(error: SwitchboardError): void {
    this.update(error.isTemporary ? { error } : { status: 'failed', error });
    if (error.isTemporary) setTimeout(() => this.#isOnline && this.sync(), RETRY_SYNC_MS);
  }

  #show(): void {
    const { messages, last, hasOlder } = this.#log;
    this.update({ messages, hasOlder, lastSeq: last, answers: this.#answers.list });
  }

  #showAnswers(): void {
    this.update({ answers: this.#answers.list });
    if (!this.#answers.hasGap || this.#answerTimer !== undefined) return;
    this.#answerTimer = setTimeout(() => {
      this.#answerTimer = undefined;
      if (this.#answers.hasGap) void this.sync();
    }, ANSWER_GAP_MS);
  }
}
