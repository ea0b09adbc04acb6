/** The way in: by name in `dev`, with a token elsewhere, or as a guest. */

import { useState } from 'react';

import { useAction } from '../platform/hooks';
import { TextField } from '../ui/Field';
import { ErrorNote } from '../ui/states';
import type { PageConfig } from './config';
import type { Identity } from './identity';
import { tokenSource } from './tokens';

const RIGHTS = [
  { role: 'admin', label: 'Administrator' },
  { role: 'publisher', label: 'Publisher' },
  { role: 'devices', label: 'Devices' },
] as const;

interface Props {
  config: PageConfig;
  onSignIn: (identity: Identity) => void;
}

export function SignIn({ config, onSignIn }: Props) {
  return (
    <div className="signin">
      <div className="pitch">
        <h1>Real time without a socket server</h1>
        <p>
          Azure Web PubSub holds every socket. One small program decides who may connect and what
          they may say. Everything on this page runs on that, with nothing but a call to negotiate
          and Microsoft’s own client package.
        </p>
        <pre aria-label="How a browser connects">
          <span className="k">import</span> {'{ Switchboard }'} <span className="k">from</span>{' '}
          {"'@switchboard/client';\n\n"}
          <span className="k">const</span> {'app = '}
          <span className="k">new</span> {'Switchboard({ getToken });\n'}
          <span className="k">const</span>
          {" room = app.room('lobby', { role: 'writer' });\n\n"}
          {"room.on('message', ({ senderName, content }) =>\n"}
          {'  show(senderName, content));\n'}
          <span className="k">await</span> {"room.send('Hello!');\n"}
          <span className="c">{'// Offline? It is sent once, in order, afterwards.'}</span>
        </pre>
      </div>
      {config.signIn === null ? (
        <WithToken onSignIn={onSignIn} />
      ) : (
        <ByName signIn={config.signIn} onSignIn={onSignIn} />
      )}
    </div>
  );
}

function ByName({
  signIn,
  onSignIn,
}: {
  signIn: string;
  onSignIn: (identity: Identity) => void;
}) {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<readonly string[]>(RIGHTS.map((right) => right.role));
  const [orgs, setOrgs] = useState('acme');
  const enter = useAction(async () => {
    const identity: Identity & { kind: 'named' } = {
      kind: 'named',
      user: userIdOf(name),
      name: name.trim(),
      roles,
      orgs: orgs.split(/[\s,]+/).filter((org) => org !== ''),
    };
    // The form says what is wrong, before the page is built around it.
    await tokenSource(identity, signIn)();
    onSignIn(identity);
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void enter.run();
      }}
    >
      <div>
        <h2>Sign in as anyone</h2>
        <p className="muted">This is your machine, so a name is enough.</p>
      </div>
      <TextField
        label="Name"
        name="user"
        value={name}
        onChange={setName}
        required
        autoFocus
        maxLength={100}
        placeholder="Alice"
        hint="Each tab is somebody: open a second one to be two people."
      />
      <fieldset>
        <legend>Rights</legend>
        <div className="choices">
          {RIGHTS.map(({ role, label }) => (
            <label className="chip" key={role}>
              <input
                type="checkbox"
                checked={roles.includes(role)}
                onChange={(event) =>
                  setRoles(
                    event.currentTarget.checked
                      ? [...roles, role]
                      : roles.filter((other) => other !== role),
                  )
                }
              />
              <span>{label}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <TextField label="Organisations" value={orgs} onChange={setOrgs} hint="Separated by commas." />
      <ErrorNote error={enter.error} />
      <button type="submit" className="button primary" disabled={enter.isRunning}>
        Sign in
      </button>
      <button
        type="button"
        className="button plain"
        onClick={() => onSignIn({ kind: 'guest', name: userIdOf(name) || 'guest' })}
      >
        Look around as a guest
      </button>
      <Providers />
    </form>
  );
}

function WithToken({ onSignIn }: { onSignIn: (identity: Identity) => void }) {
  const [token, setToken] = useState('');
  const [name, setName] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSignIn(
          token.trim() === ''
            ? { kind: 'guest', name: userIdOf(name) || 'guest' }
            : { kind: 'token', token: token.trim() },
        );
      }}
    >
      <div>
        <h2>Sign in</h2>
        <p className="muted">With a token of your identity provider, or as a guest by name.</p>
      </div>
      <TextField
        label="Token"
        type="password"
        value={token}
        onChange={setToken}
        hint="A JWT that this deployment accepts. It stays in this tab."
      />
      <TextField label="Name, as a guest" value={name} onChange={setName} maxLength={100} />
      <button type="submit" className="button primary">
        Enter
      </button>
      <Providers />
    </form>
  );
}

function Providers() {
  return (
    <details>
      <summary>With Keycloak or Entra ID instead</summary>
      <p>
        Set <code>JWT_ISSUER</code> to the realm’s or tenant’s address and <code>JWT_AUDIENCE</code> to
        the application’s id. The keys are found from there. Then give <code>getToken</code> of the
        client what your sign-in library returns: <code>keycloak.token</code>, or the access token of{' '}
        <code>acquireTokenSilent</code>. Rights come from <code>JWT_ROLES_CLAIM</code>, organisations
        from <code>JWT_ORGS_CLAIM</code>.
      </p>
    </details>
  );
}

/** `Alice Example` signs in as `alice-example`; other letters stay as they are. */
function userIdOf(name: string): string {
  return name.trim().toLowerCase().replaceAll(/\s+/g, '-');
}
