/** The way into a room that asks for something. */

import type { RoomOptions } from '@switchboard/client';
import { useState } from 'react';

import { codeOf, sentenceOf } from '../../platform/problem';
import { Icon } from '../../ui/Icon';
import { TextField } from '../../ui/Field';
import { setWayIn } from './known';

const GATES = new Set([
  'password_required',
  'wrong_password',
  'invite_required',
  'invite_spent',
  'not_a_member',
  'banned',
]);

export const isGate = (error: unknown): boolean => GATES.has(codeOf(error));

export function Gate({ id, error, way }: { id: string; error: unknown; way: RoomOptions }) {
  const [entered, setEntered] = useState('');
  const code = codeOf(error);
  const takesPassword = code === 'password_required' || code === 'wrong_password';
  const takesInvite = code === 'invite_required' || code === 'invite_spent';
  const { password: _, invite: __, ...rest } = way;
  return (
    <div className="gate">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setWayIn(id, { ...rest, [takesPassword ? 'password' : 'invite']: entered.trim() });
        }}
      >
        <Icon name={code === 'banned' ? 'ban' : takesInvite ? 'key' : 'lock'} size={28} />
        <div>
          <h2>{sentenceOf(error)}</h2>
          <p className="muted">
            {takesPassword && 'Enter it to come in. It is sent with the next connection only.'}
            {takesInvite && 'Paste the code of an invite. It works once, unless its maker said otherwise.'}
            {code === 'not_a_member' && 'Ask an administrator to add you.'}
            {code === 'banned' && 'An administrator can lift the ban.'}
          </p>
        </div>
        {takesPassword && (
          <TextField label="Password" type="password" value={entered} onChange={setEntered} required autoFocus />
        )}
        {takesInvite && (
          <TextField label="Invite" value={entered} onChange={setEntered} required autoFocus />
        )}
        {(takesPassword || takesInvite) && (
          <button type="submit" className="button primary">
            Enter the room
          </button>
        )}
      </form>
    </div>
  );
}
