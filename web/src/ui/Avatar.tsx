/** A person's sign: initials on one of eight hues. */

import { hueOf, initials, readableId } from '../platform/format';

export function Avatar({ id, name, small }: { id: string; name?: string; small?: boolean }) {
  const shown = name || readableId(id);
  return (
    <span className={`avatar h${hueOf(id)}${small ? ' small' : ''}`} aria-hidden="true">
      {initials(shown)}
    </span>
  );
}
