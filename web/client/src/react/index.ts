/** Hooks for React, and for Preact through `preact/compat`. Each returns a state and its object. */

import { useSyncExternalStore } from 'react';

import type { AudioStream } from '../audio.js';
import type { ChatList } from '../chats.js';
import type { Conversation } from '../conversation/conversation.js';
import type { Device } from '../device.js';
import type { Notifications } from '../notifications.js';
import type { OrgEvents } from '../org-events.js';
import type { RoomOptions, SwitchboardState } from '../switchboard.js';
import type {
  AudioState,
  ChatListState,
  ConversationState,
  DeviceState,
  NotificationsState,
  OrgEventsState,
} from '../types.js';
import {
  NO_AUDIO,
  NO_CHATS,
  NO_CONVERSATION,
  NO_DEVICE,
  NO_EVENTS,
  NO_NOTIFICATIONS,
} from './empty.js';
import { useLease, useSnapshot, useSwitchboard } from './lease.js';

export { SwitchboardProvider, useSwitchboard } from './lease.js';

/** `conversation` has the methods; it is `null` until the component is mounted. */
export type UsedConversation = ConversationState & { readonly conversation: Conversation | null };

/** The state of the connection. */
export function useConnection(): SwitchboardState {
  const switchboard = useSwitchboard();
  const read = (): SwitchboardState => switchboard.snapshot;
  return useSyncExternalStore(switchboard.subscribe, read, read);
}

/** A room. `null` as id connects to none. */
export function useRoom(id: string | null, options: RoomOptions = {}): UsedConversation {
  const { role, password, invite } = options;
  const key = id === null ? null : JSON.stringify([id, role, password, invite]);
  const conversation = useLease(key, (switchboard) => switchboard.room(id as string, options));
  return { ...useSnapshot(conversation, NO_CONVERSATION), conversation };
}

/** A chat with its answers. */
export function useChat(id: string | null): UsedConversation {
  const conversation = useLease(id, (switchboard) => switchboard.chat(id as string));
  return { ...useSnapshot(conversation, NO_CONVERSATION), conversation };
}

/** The list of chats. */
export function useChats(): ChatListState & { readonly list: ChatList | null } {
  const list = useLease('chats', (switchboard) => switchboard.chats());
  return { ...useSnapshot(list, NO_CHATS), list };
}

/** A session of two. */
export function useSession(id: string | null): UsedConversation {
  const conversation = useLease(id, (switchboard) => switchboard.session(id as string));
  return { ...useSnapshot(conversation, NO_CONVERSATION), conversation };
}

/** The user's inbox. */
export function useNotifications(): NotificationsState & { readonly inbox: Notifications | null } {
  const inbox = useLease('inbox', (switchboard) => switchboard.notifications());
  return { ...useSnapshot(inbox, NO_NOTIFICATIONS), inbox };
}

/** An organisation's events. */
export function useOrgEvents(
  orgId: string | null,
): OrgEventsState & { readonly feed: OrgEvents | null } {
  const feed = useLease(orgId, (switchboard) => switchboard.orgEvents(orgId as string));
  return { ...useSnapshot(feed, NO_EVENTS), feed };
}

/** A device's telemetry. */
export function useDevice(
  deviceId: string | null,
): DeviceState & { readonly device: Device | null } {
  const device = useLease(deviceId, (switchboard) => switchboard.device(deviceId as string));
  return { ...useSnapshot(device, NO_DEVICE), device };
}

/** An audio stream. */
export function useAudio(): AudioState & { readonly stream: AudioStream | null } {
  const stream = useLease('audio', (switchboard) => switchboard.audio());
  return { ...useSnapshot(stream, NO_AUDIO), stream };
}
