/** The frames of the socket, as the server's own description has them. */

import type { ClientFrames, ServerFrames } from './generated.js';

/** Any JSON object with a `type`. */
export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A frame that a client sends, by its type. */
export type ClientFrame<Type extends keyof ClientFrames = keyof ClientFrames> = ClientFrames[Type];

/** A frame that the server sends, by its type. */
export type ServerFrame<Type extends keyof ServerFrames = keyof ServerFrames> = ServerFrames[Type];

/** Frames of ours that the description does not have yet. */
export interface LaterFrames {
  notification: { type: 'notification'; notification: Record<string, unknown> };
  'notification.read': { type: 'notification.read'; ids?: string[]; all?: true };
  event: { type: 'event'; event_type: string; data: unknown; id: string };
  telemetry: {
    type: 'telemetry';
    deviceId: string;
    enqueuedAt: string;
    sequence: number;
    properties: Record<string, unknown>;
    body: unknown;
  };
  'assistant.started': {
    type: 'assistant.started';
    chatId: string;
    messageId: string;
    run: number;
    replyTo: number;
  };
  'assistant.delta': {
    type: 'assistant.delta';
    chatId: string;
    messageId: string;
    run: number;
    index: number;
    text: string;
  };
  'assistant.done': { type: 'assistant.done'; chatId: string; messageId: string; seq: number };
  'assistant.failed': {
    type: 'assistant.failed';
    chatId: string;
    messageId: string;
    run: number;
    error: string;
  };
}

type Known = LaterFrames & ServerFrames;

/**
 * Whether a frame is of this type. The server is believed to send what it describes; a frame from
 * anybody else does not get this far.
 */
export function isA<Type extends keyof Known>(
  frame: Frame,
  type: Type,
): frame is Frame & Known[Type] {
  return frame.type === type;
}
