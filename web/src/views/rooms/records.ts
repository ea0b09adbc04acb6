/** The records of rooms, which administrators read and change over HTTP. */

import { useSwitchboard } from '@switchboard/client/react';
import { useCallback, useEffect, useState } from 'react';

export type Access = 'open' | 'password' | 'invite' | 'members';

export interface RoomRecord {
  readonly id: string;
  readonly name: string | null;
  readonly access: Access;
  readonly persistent: boolean;
  readonly members: readonly { userId: string; role: 'reader' | 'writer' }[];
}

export interface RoomChange {
  readonly name?: string;
  readonly access?: Access;
  readonly password?: string;
  readonly persistent?: boolean;
}

export interface RoomRecords {
  readonly records: readonly RoomRecord[];
  readonly reload: () => void;
}

/** All rooms that have a record. Empty for everyone else, who may not list them. */
export function useRoomRecords(isAdministrator: boolean): RoomRecords {
  const { http } = useSwitchboard();
  const [records, setRecords] = useState<readonly RoomRecord[]>([]);
  const load = useCallback(() => {
    if (!isAdministrator) return;
    http
      .request<{ rooms: RoomRecord[] }>('GET', 'rooms', { query: { limit: 200 } })
      .then(({ rooms }) => setRecords(rooms))
      .catch(() => {
        // The list then shows the visited rooms alone.
      });
  }, [http, isAdministrator]);
  useEffect(load, [load]);
  return { records, reload: load };
}
