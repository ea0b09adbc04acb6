/** The people who are connected to a room, read every few seconds. */

import type { PresentUser } from '@switchboard/client';
import type { UsedConversation } from '@switchboard/client/react';
import { useEffect, useState } from 'react';

import { usePolling } from '../../platform/hooks';

/** The server caches its answer for two seconds. */
const EVERY_MS = 4000;

/** `null` until it is known. */
export function usePresence(room: UsedConversation): readonly PresentUser[] | null {
  const [present, setPresent] = useState<readonly PresentUser[] | null>(null);
  const { conversation } = room;
  const isReady = conversation !== null && room.status === 'ready';
  const ask = (): void => {
    conversation
      ?.presence()
      .then(setPresent)
      .catch(() => {
        // The next time may succeed; until then the last answer stands.
      });
  };
  usePolling(ask, EVERY_MS, isReady);
  // The author of a new message is present: do not wait for the next read.
  const last = room.messages.at(-1)?.senderId;
  useEffect(() => {
    const isNew = last !== undefined && present !== null;
    if (isNew && !present.some((user) => user.userId === last)) ask();
  }, [last]);
  return present;
}
