/** A client for Switchboard: rooms, chats, sessions, feeds, devices and audio over one connection. */

export { AudioStream } from './audio.js';
export type { AudioEvents, AudioOptions } from './audio.js';
export { ChatList } from './chats.js';
export type { ChatListEvents, NewChat } from './chats.js';
export { Conversation } from './conversation/conversation.js';
export type {
  ConversationEvents,
  PresentUser,
  RoomBroadcast,
  SendOptions,
} from './conversation/conversation.js';
export { Device } from './device.js';
export type { CommandOptions } from './device.js';
export type { Unsubscribe } from './emitter.js';
export { SwitchboardError } from './error.js';
export type { ClientCode, ErrorDetails } from './error.js';
export { isA } from './frames.js';
export type { ClientFrame, Frame, ServerFrame } from './frames.js';
export { Http } from './http.js';
export type { Arguments, CallOptions } from './http.js';
export type * from './inspect.js';
export { Notifications } from './notifications.js';
export type { NotificationsEvents } from './notifications.js';
export { OrgEvents } from './org-events.js';
export { Switchboard } from './switchboard.js';
export type {
  RoomOptions,
  SwitchboardEvents,
  SwitchboardOptions,
  SwitchboardState,
} from './switchboard.js';
export type * as api from './generated.js';
export type * from './types.js';
