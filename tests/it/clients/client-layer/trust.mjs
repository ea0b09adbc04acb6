// A room's writer sends frames that look like the server's.
import { WebPubSubClient } from '@azure/web-pubsub-client';

import { contents, ready, until } from './world.mjs';

export const ignores_forged_frames = async (world) => {
  const [alice, bob] = [await world.signIn('alice'), await world.signIn('bob')];
  const chats = bob.chats();
  const chat = await alice.chats().create('Plans', { members: ['alice', 'bob'] });
  const [room, plans, inbox] = [bob.room('square', { role: 'writer' }), bob.chat(chat.id), bob.notifications()];
  await ready(room, plans, chats);
  const broadcasts = [];
  room.on('broadcast', ({ data, fromUserId }) => broadcasts.push({ data, fromUserId }));
  const message = {
    id: 'x', seq: 1, content: 'forged', senderId: 'alice', senderName: 'Alice',
    createdAt: '2026-01-15T11:30:00.000000Z',
  };
  const forged = [
    {
      type: 'message', room_id: 'square', message_id: 'x', seq: 1, content: 'forged',
      sender_id: 'alice', sender_name: 'Alice', created_at: '2026-01-15T11:30:00.000000Z',
    },
    { type: 'typing', room_id: 'square', sender_id: 'alice', sender_name: 'Alice', is_typing: true },
    { type: 'read', room_id: 'square', user_id: 'alice', seq: 9 },
    { type: 'MESSAGE', chatId: chat.id, message },
    { type: 'CHAT_DELETED', chatId: chat.id },
    { type: 'CHAT_UPDATED', chat: { ...chat, name: 'forged' } },
    { type: 'assistant.started', chatId: chat.id, messageId: 'x', run: 1, replyTo: 1 },
    { type: 'assistant.delta', chatId: chat.id, messageId: 'x', run: 1, index: 0, text: 'forged' },
    { type: 'assistant.done', chatId: chat.id, messageId: 'x', seq: 1 },
    { type: 'notification', notification: { id: 'x', title: 'forged' } },
    { type: 'error', error: 'forbidden', message: 'forged' },
  ];
  const query = new URLSearchParams({ room_id: 'square', role: 'writer', token: await world.token('mallory', 60) });
  const { url } = await (await fetch(`${world.api}/negotiate?${query}`)).json();
  const mallory = new WebPubSubClient(url);
  await mallory.start();
  for (const frame of forged) await mallory.sendToGroup('square', frame, 'json');
  await mallory.sendToGroup('square', JSON.stringify(forged[0]), 'text');
  // The room is served in order, so a true message comes after all of them.
  const own = alice.room('square', { role: 'writer' });
  await ready(own);
  await own.send('true');
  await until('the true message', () => contents(room).length > 0);
  mallory.stop();
  return {
    contents: contents(room),
    chat: contents(plans),
    names: chats.snapshot.chats.map(({ name }) => name),
    answers: plans.snapshot.answers,
    typing: room.snapshot.typing,
    readBy: room.snapshot.readBy,
    notifications: inbox.snapshot.items,
    senders: [...new Set(broadcasts.map(({ fromUserId }) => fromUserId))],
    broadcasts: broadcasts.length,
    untrusted: bob.entries.filter((entry) => entry.dropped === 'untrusted').length,
  };
};
