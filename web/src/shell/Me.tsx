/** The signed-in user, with the button to sign out and the choice of light or dark. */

import { useState } from 'react';

import type { Me as Person } from '../identity/identity';
import { currentTheme, switchTheme } from '../platform/theme';
import { Avatar } from '../ui/Avatar';
import { Icon } from '../ui/Icon';

export function Me({ me, onSignOut }: { me: Person; onSignOut: () => void }) {
  const [theme, setTheme] = useState(currentTheme);
  return (
    <div className="me">
      <div>
        <Avatar id={me.name} name={me.name} />
        <div className="who">
          <div className="truncate">{me.name}</div>
          <small className="truncate">{me.isGuest ? 'guest' : me.roles.join(', ') || 'signed in'}</small>
        </div>
        <button
          type="button"
          className="button plain icon small"
          aria-label={theme === 'dark' ? 'Switch to light' : 'Switch to dark'}
          onClick={() => setTheme(switchTheme())}
        >
          <Icon name={theme === 'dark' ? 'sun' : 'moon'} size={16} />
        </button>
        <button
          type="button"
          className="button plain icon small"
          aria-label="Sign out"
          onClick={onSignOut}
        >
          <Icon name="out" size={16} />
        </button>
      </div>
    </div>
  );
}
