/** The feeds that run whatever view is open: notifications, and the events of organisations. */

import type { Notifications, NotificationsState, OrgEventsState } from '@switchboard/client';
import { useNotifications, useOrgEvents } from '@switchboard/client/react';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  type ReactNode,
} from 'react';

import type { Me } from '../../identity/identity';
import { useRoute } from '../../platform/route';
import { toast } from '../../ui/toasts';

type Inbox = NotificationsState & { readonly inbox: Notifications | null };

interface Feeds {
  readonly inbox: Inbox;
  /** By organisation. */
  readonly organisations: ReadonlyMap<string, OrgEventsState>;
  readonly unseenEvents: number;
}

const NONE: Inbox = {
  status: 'closed',
  error: null,
  items: [],
  unread: 0,
  hasOlder: false,
  inbox: null,
};

const Context = createContext<Feeds>({ inbox: NONE, organisations: new Map(), unseenEvents: 0 });

export const useFeeds = (): Feeds => useContext(Context);

/** Guests have neither an inbox nor organisations. */
export function FeedsProvider({ me, children }: { me: Me; children: ReactNode }) {
  const [inbox, setInbox] = useState<Inbox>(NONE);
  const [organisations, setOrganisations] = useState<ReadonlyMap<string, OrgEventsState>>(new Map());
  const [seen, setSeen] = useState(0);
  const { view } = useRoute();
  const setOrganisation = useCallback((id: string, state: OrgEventsState) => {
    setOrganisations((all) => new Map(all).set(id, state));
  }, []);
  const total = [...organisations.values()].reduce((sum, state) => sum + state.events.length, 0);
  useEffect(() => {
    if (view === 'events') setSeen(total);
  }, [view, total]);
  const feeds = useMemo(
    () => ({ inbox, organisations, unseenEvents: Math.max(0, total - seen) }),
    [inbox, organisations, total, seen],
  );
  return (
    <Context.Provider value={feeds}>
      {!me.isGuest && <InboxFeed onState={setInbox} />}
      {!me.isGuest &&
        me.orgs.map((org) => <OrganisationFeed key={org} id={org} onState={setOrganisation} />)}
      {children}
    </Context.Provider>
  );
}

function InboxFeed({ onState }: { onState: (inbox: Inbox) => void }) {
  const state = useNotifications();
  const { inbox } = state;
  const { view } = useRoute();
  const { status, error, items, unread, hasOlder } = state;
  useEffect(() => {
    onState({ status, error, items, unread, hasOlder, inbox });
  }, [status, error, items, unread, hasOlder, inbox, onState]);
  useEffect(
    () =>
      inbox?.on('notification', ({ title, body }) => {
        // The inbox itself shows it where it is open.
        if (view !== 'inbox') toast(title ?? 'Notification', body ?? '', 'bell');
      }),
    [inbox, view],
  );
  return null;
}

interface OrganisationProps {
  id: string;
  onState: (id: string, state: OrgEventsState) => void;
}

function OrganisationFeed({ id, onState }: OrganisationProps) {
  const { status, error, events } = useOrgEvents(id);
  useEffect(() => onState(id, { status, error, events }), [id, status, error, events, onState]);
  return null;
}
