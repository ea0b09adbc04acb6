/** Which frames are believed to come from our server. */

import type { Frame } from '../frames.js';

/** A message of the socket, before anything in it is believed. */
export interface Envelope {
  readonly from: 'server' | 'group';
  /** Of a group message. */
  readonly group?: string | undefined;
  /** The service sets it: absent if the server sent the message. */
  readonly fromUserId?: string | null | undefined;
  readonly data: unknown;
}

/** A frame that the server sent. `group` is the group that carried it, if one did. */
export interface TrustedFrame {
  readonly frame: Frame;
  readonly group: string | undefined;
}

/** Groups to which no client can send, because no role covers them. */
const SERVER_GROUPS = ['inbox:', 'org:', 'channel:'];

/**
 * The writers of a room may send anything to its group, also what looks like a frame of ours. Only
 * the service knows who sent a message, and says so in `fromUserId`. So a frame counts if it came
 * to this connection alone, or without a user from the group whose conversation it names.
 */
export function trusted(envelope: Envelope): TrustedFrame | null {
  const frame = asFrame(envelope.data);
  if (frame === null) return null;
  if (envelope.from === 'server') return { frame, group: undefined };
  const { group, fromUserId } = envelope;
  if (group === undefined || (fromUserId !== undefined && fromUserId !== null && fromUserId !== '')) {
    return null;
  }
  const isServerGroup = SERVER_GROUPS.some((prefix) => group.startsWith(prefix));
  return isServerGroup || groupOf(frame) === group ? { frame, group } : null;
}

/** The group of the conversation or device that a frame names. */
export function groupOf(frame: Frame): string | undefined {
  const named = (field: string): string | undefined => {
    const value = frame[field];
    return typeof value === 'string' ? value : undefined;
  };
  const chat = named('chatId') ?? chatOf(frame);
  if (chat !== undefined) return `chat:${chat}`;
  const session = named('session_id');
  if (session !== undefined) return `session:${session}`;
  const device = named('deviceId');
  if (device !== undefined) return `device:${device}`;
  return named('room_id');
}

/** `CHAT_UPDATED` and the like name the chat in its record. */
function chatOf(frame: Frame): string | undefined {
  const { chat } = frame;
  if (typeof chat !== 'object' || chat === null || !('id' in chat)) return undefined;
  return typeof chat.id === 'string' ? chat.id : undefined;
}

/** A JSON object with a `type`; also as text, as plain WebSocket clients of a room send it. */
export function asFrame(data: unknown): Frame | null {
  const value = typeof data === 'string' ? parsed(data) : data;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return 'type' in value && typeof value.type === 'string' ? (value as Frame) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
