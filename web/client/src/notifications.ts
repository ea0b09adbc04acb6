/** A user's notifications: the inbox, and what arrives live. */

import { asError } from './error.js';
import type { Target } from './connection/negotiate.js';
import type { TrustedFrame } from './connection/trust.js';
import type { FeedLink } from './feed-link.js';
import { isA } from './frames.js';
import { Resource } from './resource.js';
import type { Notification, NotificationsState } from './types.js';

export interface NotificationsEvents {
  /** A notification that arrived live, once each. */
  notification: Notification;
}

const PAGE = 50;
const EMPTY: NotificationsState = {
  status: 'connecting',
  error: null,
  items: [],
  unread: 0,
  hasOlder: false,
};

/** Made by `switchboard.notifications`. */
export class Notifications extends Resource<NotificationsState, NotificationsEvents> {
  /** @internal */
  readonly target: Target = { parameter: 'channel', value: 'notifications' };
  readonly #link: FeedLink;

  /** @internal */
  constructor(link: FeedLink) {
    super(EMPTY);
    this.#link = link;
  }

  /** Marks these as read, here and in the user's other tabs. */
  async markRead(ids: readonly string[]): Promise<void> {
    this.#read((id) => ids.includes(id));
    await this.#link.http.request('POST', 'notifications/read', { body: { ids } });
  }

  async markAllRead(): Promise<void> {
    this.#read(() => true);
    this.update({ unread: 0 });
    await this.#link.http.request('POST', 'notifications/read', { body: { all: true } });
  }

  async loadOlder(limit = PAGE): Promise<void> {
    const before = this.snapshot.items.at(-1)?.id;
    if (before === undefined) return;
    const older = await this.#page({ before, limit });
    this.update({ items: merge(this.snapshot.items, older), hasOlder: older.length === limit });
  }

  /** @internal Whatever came while there was no connection is in the inbox. */
  online(): void {
    this.#load().catch((error: unknown) => {
      const known = asError(error);
      this.update(known.isTemporary ? { error: known } : { status: 'failed', error: known });
    });
  }

  /** @internal */
  receive({ frame, group }: TrustedFrame): void {
    // Clients may make chats and rooms, but never an inbox.
    if (group !== undefined && !group.startsWith('inbox:')) return;
    if (isA(frame, 'notification')) {
      const notification = asNotification({ read: false, ...frame.notification });
      if (this.snapshot.items.some(({ id }) => id === notification.id)) return;
      this.update({
        items: merge([notification], this.snapshot.items),
        unread: this.snapshot.unread + 1,
      });
      this.emit('notification', notification);
    } else if (isA(frame, 'notification.read')) {
      const ids = Array.isArray(frame['ids']) ? (frame['ids'] as string[]) : undefined;
      this.#read((id) => ids === undefined || ids.includes(id));
      if (ids === undefined) this.update({ unread: 0 });
    }
  }

  async #load(): Promise<void> {
    const before = new Set(this.snapshot.items.map(({ id }) => id));
    const count = this.#link.http.request<{ unread: number }>('GET', 'notifications/unread-count');
    const [newest, { unread }] = await Promise.all([this.#page({ limit: PAGE }), count]);
    const { hasOlder } = this.snapshot;
    // What arrived live while the page was on its way may not be in it.
    const arrived = this.snapshot.items.filter(({ id }) => !before.has(id));
    const items = this.snapshot.items.filter(({ id }) => before.has(id));
    const isLater = ({ id }: Notification): boolean => !newest.some((other) => other.id === id);
    // Between a page and what was shown before there may be others that were never seen.
    const isJoined = items.length === 0 || newest.some(({ id }) => id === items[0]?.id);
    this.update({
      items: merge(arrived.filter(isLater), isJoined ? merge(newest, items) : newest),
      hasOlder: isJoined && items.length > 0 ? hasOlder : newest.length === PAGE,
      unread: unread + arrived.filter((item) => !item.read && isLater(item)).length,
      status: 'ready',
      error: null,
    });
  }

  async #page(query: { before?: string; limit: number }): Promise<Notification[]> {
    const path = 'notifications';
    const page = await this.#link.http.request<{ notifications: Record<string, unknown>[] }>(
      'GET',
      path,
      { query },
    );
    return page.notifications.map(asNotification);
  }

  #read(isMeant: (id: string) => boolean): void {
    const { items, unread } = this.snapshot;
    const affected = items.filter(({ id, read }) => !read && isMeant(id)).length;
    if (affected === 0) return;
    this.update({
      items: items.map((item) => (isMeant(item.id) ? { ...item, read: true } : item)),
      unread: Math.max(0, unread - affected),
    });
  }
}

/** The fields of back ends pass as they are. */
function asNotification(fields: Record<string, unknown>): Notification {
  return { ...fields, read: fields['read'] === true } as unknown as Notification;
}

/** Newest first, each once; the first list is the newer one. */
function merge(newer: readonly Notification[], older: readonly Notification[]): Notification[] {
  const known = new Set(newer.map(({ id }) => id));
  return [...newer, ...older.filter(({ id }) => !known.has(id))];
}
