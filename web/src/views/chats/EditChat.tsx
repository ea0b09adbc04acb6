/** Changes a chat's name and members, or deletes it. For its owner. */

import type { Chat, ChatList } from '@switchboard/client';
import { useState } from 'react';

import { useAction } from '../../platform/hooks';
import { goTo } from '../../platform/route';
import { Dialog } from '../../ui/Dialog';
import { TextField } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { ErrorNote } from '../../ui/states';

export function EditChat({
  chat,
  list,
  onClose,
}: {
  chat: Chat;
  list: ChatList;
  onClose: () => void;
}) {
  const [name, setName] = useState(chat.name);
  const [members, setMembers] = useState(chat.members?.join(', ') ?? '');
  const save = useAction(async () => {
    if (name.trim() !== chat.name) await list.rename(chat.id, name.trim());
    const named = members.split(/[\s,]+/).filter((member) => member !== '');
    if (chat.members !== undefined && named.join() !== chat.members.join()) {
      await list.setMembers(chat.id, named);
    }
    onClose();
  });
  const remove = useAction(async () => {
    await list.delete(chat.id);
    goTo('#/chats');
  });
  return (
    <Dialog title="Change this chat" onClose={onClose} onSubmit={() => void save.run()}>
      <TextField label="Name" value={name} onChange={setName} required maxLength={200} />
      {chat.members !== undefined && (
        <TextField label="Members" value={members} onChange={setMembers} />
      )}
      <ErrorNote error={save.error ?? remove.error} />
      <footer>
        <button
          type="button"
          className="button plain danger"
          disabled={remove.isRunning}
          onClick={() => void remove.run()}
        >
          <Icon name="bin" size={15} />
          Delete
        </button>
        <span className="grow" />
        <button type="submit" className="button primary" disabled={save.isRunning}>
          Save
        </button>
      </footer>
    </Dialog>
  );
}
