/** Sends a notification, as a back end does. */

import { useSwitchboard } from '@switchboard/client/react';
import { useState } from 'react';

import type { Me } from '../../identity/identity';
import { useAction } from '../../platform/hooks';
import { Dialog, DialogFooter } from '../../ui/Dialog';
import { Field, TextField } from '../../ui/Field';
import { ErrorNote } from '../../ui/states';
import { toast } from '../../ui/toasts';

export function SendNotification({ me, onClose }: { me: Me; onClose: () => void }) {
  const { http, snapshot } = useSwitchboard();
  const [userId, setUserId] = useState(snapshot.userId ?? me.name);
  const [title, setTitle] = useState('');
  const [body, setBody] = useState('');
  const send = useAction(async () => {
    await http.request('POST', 'notifications', {
      body: { user_id: userId, notification: { title, ...(body !== '' && { body }) } },
      idempotencyKey: crypto.randomUUID(),
    });
    toast('Sent', `To ${userId}, in every tab.`, 'check');
    onClose();
  });
  return (
    <Dialog title="Send a notification" onClose={onClose} onSubmit={() => void send.run()}>
      <TextField label="User id" value={userId} onChange={setUserId} required />
      <TextField label="Title" value={title} onChange={setTitle} required autoFocus />
      <Field label="Text">
        {(id) => (
          <textarea
            id={id}
            className="input"
            rows={3}
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
        )}
      </Field>
      <ErrorNote error={send.error} />
      <DialogFooter label="Send" isBusy={send.isRunning} onCancel={onClose} />
    </Dialog>
  );
}
