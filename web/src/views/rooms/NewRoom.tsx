/** Creates a room with rules. */

import { useSwitchboard } from '@switchboard/client/react';
import { useState } from 'react';

import { useAction } from '../../platform/hooks';
import { Dialog, DialogFooter } from '../../ui/Dialog';
import { Field, TextField } from '../../ui/Field';
import { ErrorNote } from '../../ui/states';
import { ROOM_ID } from './known';
import type { Access } from './records';

interface Props {
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function NewRoom({ onClose, onCreated }: Props) {
  const { http } = useSwitchboard();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [access, setAccess] = useState<Access>('open');
  const [password, setPassword] = useState('');
  const [isPersistent, setPersistent] = useState(false);
  const create = useAction(async () => {
    await http.request('PUT', `rooms/${encodeURIComponent(id)}`, {
      body: {
        access,
        persistent: isPersistent,
        ...(name.trim() !== '' && { name: name.trim() }),
        ...(access === 'password' && { password }),
      },
    });
    onCreated(id);
  });
  return (
    <Dialog title="New room with rules" onClose={onClose} onSubmit={() => void create.run()}>
      <TextField
        label="Id"
        value={id}
        onChange={setId}
        required
        autoFocus
        pattern={ROOM_ID}
        hint="Part of its address: letters, digits, dot, hyphen, underscore."
      />
      <TextField label="Name" value={name} onChange={setName} maxLength={200} placeholder="Optional" />
      <Field label="Who may come in">
        {(field) => (
          <select
            id={field}
            className="input"
            value={access}
            onChange={(event) => setAccess(event.currentTarget.value as Access)}
          >
            <option value="open">Everyone</option>
            <option value="password">Everyone with the password</option>
            <option value="invite">People with an invite</option>
            <option value="members">Members only</option>
          </select>
        )}
      </Field>
      {access === 'password' && (
        <TextField label="Password" type="password" value={password} onChange={setPassword} required maxLength={256} />
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={isPersistent}
          onChange={(event) => setPersistent(event.currentTarget.checked)}
        />
        Every message is stored: nobody sends to the group directly
      </label>
      <ErrorNote error={create.error} />
      <DialogFooter label="Create" isBusy={create.isRunning} onCancel={onClose} />
    </Dialog>
  );
}
