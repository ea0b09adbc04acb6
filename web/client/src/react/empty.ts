/** The states that hooks return before their object exists. */

import type {
  AudioState,
  ChatListState,
  ConversationState,
  DeviceState,
  NotificationsState,
  OrgEventsState,
} from '../types.js';

const WAITING = { status: 'connecting', error: null } as const;

export const NO_CONVERSATION: ConversationState = {
  ...WAITING,
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
export const NO_CHATS: ChatListState = { ...WAITING, chats: [], hasMore: false };
export const NO_NOTIFICATIONS: NotificationsState = {
  ...WAITING,
  items: [],
  unread: 0,
  hasOlder: false,
};
export const NO_EVENTS: OrgEventsState = { ...WAITING, events: [] };
export const NO_DEVICE: DeviceState = {
  ...WAITING,
  telemetry: [],
  last: null,
  connectionState: null,
};
export const NO_AUDIO: AudioState = {
  ...WAITING,
  isStreaming: false,
  sentChunks: 0,
  acknowledgedChunks: 0,
  sentBytes: 0,
  missing: [],
  summary: null,
  recordingId: null,
  transcript: null,
  transcriptError: null,
};
