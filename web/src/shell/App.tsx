/** The page: its frame around a view, for whoever is signed in. */

import { Switchboard } from '@switchboard/client';
import { SwitchboardProvider } from '@switchboard/client/react';
import { useCallback, useEffect, useMemo, useState } from 'react';

import type { PageConfig } from '../identity/config';
import { type Identity, meOf, storedIdentity, storeIdentity } from '../identity/identity';
import { SignIn } from '../identity/SignIn';
import { tokenSource } from '../identity/tokens';
import { InspectorLog } from '../inspector/log';
import { sentenceOf } from '../platform/problem';
import { toast, Toasts } from '../ui/toasts';
import { Frame } from './Frame';
import { Nav } from './Nav';
import { SignedIn } from './SignedIn';

export function App({ config }: { config: PageConfig }) {
  const [identity, setIdentity] = useState(storedIdentity);
  const change = useCallback((next: Identity | null) => {
    storeIdentity(next);
    setIdentity(next);
  }, []);
  return (
    <>
      {identity === null ? (
        <Frame side={<Nav view="" counts={{}} isOff />}>
          <SignIn config={config} onSignIn={change} />
        </Frame>
      ) : (
        <Connected
          key={JSON.stringify(identity)}
          identity={identity}
          config={config}
          onSignOut={() => change(null)}
        />
      )}
      <Toasts />
    </>
  );
}

interface ConnectedProps {
  identity: Identity;
  config: PageConfig;
  onSignOut: () => void;
}

/** One client for everything that the page shows. */
function Connected({ identity, config, onSignOut }: ConnectedProps) {
  const me = useMemo(() => meOf(identity), [identity]);
  const log = useMemo(() => new InspectorLog(), []);
  const [switchboard, setSwitchboard] = useState<Switchboard | null>(null);
  useEffect(() => {
    const getToken = tokenSource(identity, config.signIn);
    const client = new Switchboard({
      api: config.api,
      ...(identity.kind === 'guest' ? { username: identity.name } : { getToken }),
    });
    const ends = [
      log.record(client),
      client.on('error', (error) => toast('Sign-in', sentenceOf(error), 'warning', true)),
    ];
    setSwitchboard(client);
    return () => {
      for (const end of ends) end();
      client.close();
    };
  }, [identity, config, log]);
  if (switchboard === null) return <Frame />;
  return (
    <SwitchboardProvider value={switchboard}>
      <SignedIn me={me} api={config.api} log={log} onSignOut={onSignOut} />
    </SwitchboardProvider>
  );
}
