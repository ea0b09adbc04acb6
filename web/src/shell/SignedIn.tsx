/** The page of someone who is signed in: navigation, the view of the address, and the inspector. */

import { useEffect } from 'react';

import type { Me as Person } from '../identity/identity';
import { Inspector } from '../inspector/Inspector';
import type { InspectorLog } from '../inspector/log';
import { StatusBar } from '../inspector/StatusBar';
import { useRoute, type Route } from '../platform/route';
import { useStored } from '../platform/stored';
import { FeedsProvider, useFeeds } from '../views/feeds/feeds';
import { AudioView } from '../views/instruments/AudioView';
import { DevicesView } from '../views/instruments/DevicesView';
import { HealthView } from '../views/instruments/HealthView';
import { ChatsView } from '../views/chats/ChatsView';
import { EventsView } from '../views/feeds/EventsView';
import { InboxView } from '../views/feeds/InboxView';
import { RoomsView } from '../views/rooms/RoomsView';
import { SessionsView } from '../views/sessions/SessionsView';
import { Frame } from './Frame';
import { Me } from './Me';
import { MoreView } from './MoreView';
import { Nav } from './Nav';

interface Props {
  me: Person;
  /** The address of the API. */
  api: string;
  log: InspectorLog;
  onSignOut: () => void;
}

export function SignedIn(props: Props) {
  return (
    <FeedsProvider me={props.me}>
      <Inside {...props} />
    </FeedsProvider>
  );
}

function Inside({ me, api, log, onSignOut }: Props) {
  const route = useRoute();
  const [isOpen, setOpen] = useStored('switchboard.inspector', false);
  const { inbox, unseenEvents } = useFeeds();
  useTitle(route, inbox.unread);
  return (
    <Frame
      side={
        <>
          <Nav view={route.view} counts={{ inbox: inbox.unread, events: unseenEvents }} />
          <Me me={me} onSignOut={onSignOut} />
        </>
      }
      dock={
        <>
          {isOpen && <Inspector log={log} onClose={() => setOpen(false)} />}
          <StatusBar log={log} isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
        </>
      }
    >
      <View route={route} me={me} api={api} onSignOut={onSignOut} />
    </Frame>
  );
}

interface ViewProps {
  route: Route;
  me: Person;
  api: string;
  onSignOut: () => void;
}

function View({ route, me, api, onSignOut }: ViewProps) {
  switch (route.view) {
    case 'chats':
      return <ChatsView route={route} me={me} />;
    case 'sessions':
      return <SessionsView route={route} me={me} />;
    case 'inbox':
      return <InboxView me={me} />;
    case 'events':
      return <EventsView me={me} />;
    case 'audio':
      return <AudioView me={me} />;
    case 'devices':
      return <DevicesView route={route} me={me} />;
    case 'health':
      return <HealthView api={api} />;
    case 'more':
      return <MoreView me={me} onSignOut={onSignOut} />;
    default:
      return <RoomsView route={route} me={me} />;
  }
}

const TITLES: Record<string, string> = {
  rooms: 'Rooms',
  chats: 'Chats',
  sessions: 'Sessions',
  inbox: 'Notifications',
  events: 'Events',
  audio: 'Audio',
  devices: 'Devices',
  health: 'Health',
};

function useTitle({ view, id }: Route, unread: number): void {
  useEffect(() => {
    const place = view === 'rooms' && id !== '' ? id : (TITLES[view] ?? 'Rooms');
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${place} · Switchboard`;
  }, [view, id, unread]);
}
