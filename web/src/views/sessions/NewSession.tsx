/** Creates a session, as a back end does. */

import { useSwitchboard } from '@switchboard/client/react';
import { useState } from 'react';

import type { Me } from '../../identity/identity';
import { useAction } from '../../platform/hooks';
import { Dialog, DialogFooter } from '../../ui/Dialog';
import { TextField } from '../../ui/Field';
import { ErrorNote } from '../../ui/states';

interface Props {
  me: Me;
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function NewSession({ me, onClose, onCreated }: Props) {
  const { http, snapshot } = useSwitchboard();
  const [userId, setUserId] = useState('');
  const [name, setName] = useState('');
  const create = useAction(async () => {
    const id = crypto.randomUUID();
    await http.request('PUT', `sessions/${id}`, {
      body: {
        participants: [
          { userId: snapshot.userId, name: me.name },
          { userId: userId.trim(), name: name.trim() || userId.trim() },
        ],
      },
    });
    onCreated(id);
  });
  return (
    <Dialog title="New session" onClose={onClose} onSubmit={() => void create.run()}>
      <TextField
        label="The other one’s user id"
        value={userId}
        onChange={setUserId}
        required
        autoFocus
        placeholder="bob"
      />
      <TextField label="Their name" value={name} onChange={setName} placeholder="Bob" maxLength={128} />
      <ErrorNote error={create.error} />
      <DialogFooter label="Create" isBusy={create.isRunning} onCancel={onClose} />
    </Dialog>
  );
}
