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

/**
 * Whether a frame is of this type. The server is believed to send what it describes; a frame from
 * anybody else does not get this far.
 */
export function isA<Type extends keyof ServerFrames>(
  frame: Frame,
  type: Type,
): frame is Frame & ServerFrames[Type] {
  return frame.type === type;
}
