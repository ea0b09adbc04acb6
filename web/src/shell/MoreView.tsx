/** On a phone: the views that the bar has no room for, and who is signed in. */

import type { Me as Person } from '../identity/identity';
import { href } from '../platform/route';
import { Icon } from '../ui/Icon';
import { Me } from './Me';
import { FEEDS, INSTRUMENTS } from './Nav';

export function MoreView({ me, onSignOut }: { me: Person; onSignOut: () => void }) {
  const items = [...FEEDS, ...INSTRUMENTS].filter((item) => item.isSecondary);
  return (
    <div className="page" tabIndex={0}>
      <div className="view-bar">
        <h1>More</h1>
      </div>
      <nav className="more-list" aria-label="More views">
        {items.map((item) => (
          <a key={item.view} href={href(item.view)}>
            <Icon name={item.icon} />
            {item.label}
          </a>
        ))}
      </nav>
      <div className="more-me">
        <Me me={me} onSignOut={onSignOut} />
      </div>
    </div>
  );
}
