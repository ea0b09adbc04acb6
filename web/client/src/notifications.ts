/** A user's notifications: the inbox, and what arrives live. */

import { Observable } from './observable.js';
import type { Notification, NotificationsState } from './types.js';

export interface NotificationsEvents {
  /** A notification that arrived live, once each. */
  notification: Notification;
}

/** Made by `switchboard.notifications`. */
export class Notifications extends Observable<NotificationsState, NotificationsEvents> {
  /** Marks these as read, here and in the user's other tabs. */
  markRead(ids: readonly string[]): Promise<void> {
    throw new Error(`${ids}`);
  }
  markAllRead(): Promise<void> {
    throw new Error();
  }
  loadOlder(limit?: number): Promise<void> {
    throw new Error(`${limit}`);
  }
  close(): void {
    throw new Error();
  }
}
