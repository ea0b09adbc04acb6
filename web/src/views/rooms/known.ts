/** The rooms that this person visited, and how they got in. */

import type { RoomOptions } from '@switchboard/client';
import { useSyncExternalStore } from 'react';

import { readStored, writeStored } from '../../platform/stored';

const KEY = 'switchboard.rooms';
const MAX_ROOMS = 12;
const FIRST = ['lobby'];

/** Passwords and invites stay in memory; the names of rooms are kept. */
const ways = new Map<string, RoomOptions>();
const WRITER: RoomOptions = { role: 'writer' };

let rooms: readonly string[] = readStored<string[]>(sessionStorage, KEY, FIRST);
const listeners = new Set<() => void>();

function changed(): void {
  for (const listener of listeners) listener();
}

export function useKnownRooms(): readonly string[] {
  return useSyncExternalStore(subscribe, () => rooms);
}

/** How a room is entered; the same object until it changes. */
export function useWayIn(room: string): RoomOptions {
  return useSyncExternalStore(subscribe, () => ways.get(room) ?? WRITER);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setWayIn(room: string, way: RoomOptions): void {
  ways.set(room, { ...WRITER, ...way });
  changed();
}

/** Adds a room, most recent first; a known one stays where it is. */
export function remember(room: string): void {
  if (rooms.includes(room)) return;
  rooms = [room, ...rooms].slice(0, MAX_ROOMS);
  writeStored(sessionStorage, KEY, rooms);
  changed();
}

export function forget(room: string): void {
  rooms = rooms.filter((one) => one !== room);
  ways.delete(room);
  writeStored(sessionStorage, KEY, rooms);
  changed();
}

/** A room id, as the server takes it. */
export const ROOM_ID = '[A-Za-z0-9][A-Za-z0-9._\\-]{0,127}';
