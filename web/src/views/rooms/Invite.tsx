/** Makes an invite and shows its link. */

import { useSwitchboard } from '@switchboard/client/react';
import { useState } from 'react';

import { useAction } from '../../platform/hooks';
import { href } from '../../platform/route';
import { CopyButton } from '../../ui/CopyButton';
import { Dialog, DialogFooter } from '../../ui/Dialog';
import { Field, TextField } from '../../ui/Field';
import { ErrorNote } from '../../ui/states';

export function Invite({ id, onClose }: { id: string; onClose: () => void }) {
  const { http } = useSwitchboard();
  const [role, setRole] = useState('writer');
  const [uses, setUses] = useState('1');
  const [code, setCode] = useState<string | null>(null);
  const create = useAction(async () => {
    const { invite } = await http.request<{ invite: string }>('POST', `rooms/${id}/invites`, {
      body: { role, uses: Number(uses) },
    });
    setCode(invite);
  });
  const link = code === null ? '' : inviteLink(id, code);
  return (
    <Dialog title={`Invite someone to ${id}`} onClose={onClose} onSubmit={() => void create.run()}>
      {code === null ? (
        <>
          <Field label="They come in as">
            {(field) => (
              <select
                id={field}
                className="input"
                value={role}
                onChange={(event) => setRole(event.currentTarget.value)}
              >
                <option value="writer">Writer</option>
                <option value="reader">Reader</option>
              </select>
            )}
          </Field>
          <TextField
            label="How many people may use it"
            type="number"
            value={uses}
            onChange={setUses}
            required
          />
          <ErrorNote error={create.error} />
          <DialogFooter label="Make a link" isBusy={create.isRunning} onCancel={onClose} />
        </>
      ) : (
        <>
          <Field label="Link" hint="Shown once: the server keeps only a hash of the code.">
            {(field, hint) => (
              <input id={field} aria-describedby={hint} className="input mono" readOnly value={link} />
            )}
          </Field>
          <footer>
            <CopyButton text={() => link} label="Copy the link" />
            <button type="button" className="button primary" onClick={onClose}>
              Done
            </button>
          </footer>
        </>
      )}
    </Dialog>
  );
}

/** The code stands in the fragment, which no server and no log receives. */
function inviteLink(id: string, code: string): string {
  return new URL(`${href('rooms', id)}?invite=${encodeURIComponent(code)}`, location.href).href;
}
