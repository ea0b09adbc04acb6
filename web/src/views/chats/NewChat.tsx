/** Begins a chat. */

import type { ChatList } from '@switchboard/client';
import { useState } from 'react';

import { useAction } from '../../platform/hooks';
import { Dialog, DialogFooter } from '../../ui/Dialog';
import { TextField } from '../../ui/Field';
import { ErrorNote } from '../../ui/states';

interface Props {
  list: ChatList;
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function NewChat({ list, onClose, onCreated }: Props) {
  const [name, setName] = useState('');
  const [members, setMembers] = useState('');
  const [hasAssistant, setAssistant] = useState(false);
  const create = useAction(async () => {
    const named = members.split(/[\s,]+/).filter((member) => member !== '');
    const chat = await list.create(name.trim(), {
      ...(named.length > 0 && { members: named }),
      ...(hasAssistant && { assistant: true }),
    });
    onCreated(chat.id);
  });
  return (
    <Dialog title="New chat" onClose={onClose} onSubmit={() => void create.run()}>
      <TextField label="Name" value={name} onChange={setName} required autoFocus maxLength={200} />
      <TextField
        label="Members"
        value={members}
        onChange={setMembers}
        placeholder="bob, carol"
        hint="User ids, separated by commas. Without any, everyone sees the chat."
      />
      <label className="check">
        <input
          type="checkbox"
          checked={hasAssistant}
          onChange={(event) => setAssistant(event.currentTarget.checked)}
        />
        The assistant answers every message
      </label>
      <ErrorNote error={create.error} />
      <DialogFooter label="Begin" isBusy={create.isRunning} onCancel={onClose} />
    </Dialog>
  );
}
