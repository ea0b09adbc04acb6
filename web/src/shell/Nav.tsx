/** The views, as a column, or as a bar at the bottom of a phone. */

import { href } from '../platform/route';
import { Icon, type IconName } from '../ui/Icon';

interface Item {
  readonly view: string;
  readonly label: string;
  readonly icon: IconName;
  /** On a phone it is below "More". */
  readonly isSecondary?: true;
}

export const TALK: readonly Item[] = [
  { view: 'rooms', label: 'Rooms', icon: 'room' },
  { view: 'chats', label: 'Chats', icon: 'chat' },
  { view: 'sessions', label: 'Sessions', icon: 'session' },
];

export const FEEDS: readonly Item[] = [
  { view: 'inbox', label: 'Notifications', icon: 'bell' },
  { view: 'events', label: 'Events', icon: 'events', isSecondary: true },
];

export const INSTRUMENTS: readonly Item[] = [
  { view: 'audio', label: 'Audio', icon: 'audio', isSecondary: true },
  { view: 'devices', label: 'Devices', icon: 'device', isSecondary: true },
  { view: 'health', label: 'Health', icon: 'health', isSecondary: true },
];

interface Props {
  view: string;
  /** Before the sign-in the views are named, and lead nowhere. */
  isOff?: boolean;
  /** Numbers beside views, such as unread notifications. */
  counts: Readonly<Record<string, number>>;
}

export function Nav({ view, counts, isOff }: Props) {
  const links = (items: readonly Item[]) =>
    items.map((item) => {
      const count = counts[item.view] ?? 0;
      return (
        <a
          key={item.view}
          href={isOff ? undefined : href(item.view)}
          className={item.isSecondary ? 'secondary' : undefined}
          aria-disabled={isOff}
          aria-current={item.view === view ? 'page' : undefined}
        >
          <Icon name={item.icon} />
          {item.label}
          {count > 0 && (
            <span className="badge count">
              {count > 99 ? '99+' : count}
              <span className="visually-hidden"> new</span>
            </span>
          )}
        </a>
      );
    });
  const isMore = view === 'more' || [...FEEDS, ...INSTRUMENTS].some((item) => item.isSecondary && item.view === view);
  return (
    <nav className="nav" aria-label="Views">
      <h2>Conversations</h2>
      {links(TALK)}
      <h2>Feeds</h2>
      {links(FEEDS)}
      <h2>Instruments</h2>
      {links(INSTRUMENTS)}
      <span className="more-views">
        <a href={isOff ? undefined : '#/more'} aria-current={isMore ? 'page' : undefined}>
          <Icon name="more" />
          More
        </a>
      </span>
    </nav>
  );
}
