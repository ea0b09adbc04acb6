// Messages: gaps, repeats, history, files, reading and typing.
import { contents, ready, seqs, until } from './world.mjs';

const pair = async (world, id) => {
  const [alice, bob] = [world.connect({ username: 'alice' }), world.connect({ username: 'bob' })];
  const rooms = [alice.room(id, { role: 'writer' }), bob.room(id)];
  await ready(...rooms);
  return { alice, bob, own: rooms[0], other: rooms[1] };
};

export const fills_a_gap = async (world) => {
  const { bob, own, other } = await pair(world, 'gap');
  const events = [];
  other.on('message', ({ seq }) => events.push(seq));
  await own.send('one');
  await until('the first', () => events.length === 1);
  const connection = await world.connectionOf(bob.snapshot.userId);
  await world.control('POST', `deliveries/drop?count=2&connection=${connection}`);
  for (const text of ['two', 'three', 'four']) await own.send(text);
  await until('all', () => seqs(other).length === 4);
  const recovered = bob.entries.filter(({ kind }) => kind === 'recovered');
  return {
    contents: contents(other),
    events,
    recovered: recovered.map(({ group, messages }) => ({ group, messages })),
  };
};

export const drops_repeats = async (world) => {
  const { bob, own, other } = await pair(world, 'repeat');
  const events = [];
  other.on('message', ({ seq }) => events.push(seq));
  const connection = await world.connectionOf(bob.snapshot.userId);
  await world.control('POST', `deliveries/repeat?count=2&connection=${connection}`);
  const sent = [await own.send('one', { id: 'the-same' }), await own.send('two')];
  const again = await own.send('one', { id: 'the-same' });
  const last = await own.send('three');
  await until('the last', () => events.includes(last.seq));
  const dropped = bob.entries.filter((entry) => entry.dropped === 'repeat').length;
  return { events, dropped, again: again.seq === sent[0].seq, contents: contents(other) };
};

export const keeps_the_order_of_delayed_messages = async (world) => {
  const { bob, own, other } = await pair(world, 'delay');
  const events = [];
  other.on('message', ({ content }) => events.push(content));
  const connection = await world.connectionOf(bob.snapshot.userId);
  await world.control('POST', `deliveries/delay?ms=300&count=1&connection=${connection}`);
  for (const text of ['one', 'two', 'three']) await own.send(text);
  await until('all', () => events.length === 3);
  return { events };
};

export const pages_through_history = async (world) => {
  for (let n = 1; n <= 120; n += 1) {
    await world.backEnd('POST', 'rooms/long/messages', { content: `number ${n}` });
  }
  const room = world.connect({ username: 'bob' }).room('long');
  await ready(room);
  const pages = [seqs(room).length];
  while (room.snapshot.hasOlder) {
    await room.loadOlder();
    pages.push(seqs(room).length);
  }
  return { pages, isComplete: seqs(room).every((seq, index) => seq === index + 1) };
};

// A room that is deleted and created again begins at 1.
export const notices_that_a_room_was_made_anew = async (world) => {
  const { own, other } = await pair(world, 'anew');
  await own.send('old');
  await own.send('older');
  await until('both', () => seqs(other).length === 2);
  await world.backEnd('DELETE', 'rooms/anew');
  await world.backEnd('POST', 'rooms/anew/messages', { content: 'new' });
  await until('the new one', () => contents(other).includes('new'));
  return { contents: contents(other), seqs: seqs(other) };
};

export const shows_typing_and_reading = async (world) => {
  const id = '550e8400-e29b-41d4-a716-446655440000';
  const participants = ['john', 'jane'].map((userId) => ({ userId, name: userId.toUpperCase() }));
  await world.backEnd('PUT', `sessions/${id}`, { participants });
  const [john, jane] = [await world.signIn('john'), await world.signIn('jane')];
  const [own, other] = [john.session(id), jane.session(id)];
  await ready(own, other);
  own.typing();
  const typing = await until('typing', () => other.snapshot.typing[0]);
  const { seq } = await own.send('Hello');
  await until('no longer typing', () => other.snapshot.typing.length === 0);
  await until('the message', () => seqs(other).includes(seq));
  other.markRead();
  await until('the mark', () => own.snapshot.readBy.jane === seq);
  return { typing, ownTyping: own.snapshot.typing, read: other.snapshot.readSeq === seq };
};

export const sends_a_file = async (world) => {
  const [alice, bob] = [await world.signIn('alice'), await world.signIn('bob')];
  const [own, other] = [alice.room('files', { role: 'writer' }), bob.room('files')];
  await ready(own, other);
  const file = new Blob(['a few bytes'], { type: 'text/plain' });
  const fileId = await own.upload(file, 'note.txt');
  await own.send('', { fileId });
  const message = await until('the file', () => other.snapshot.messages[0]);
  const url = await other.downloadUrl(message.file.fileId);
  const { fileId: _, ...note } = message.file;
  return { note, text: await (await fetch(url)).text(), presence: await other.presence() };
};

// A refused message waits for the user; those behind it do not.
export const keeps_a_refused_message = async (world) => {
  const room = world.connect({ username: 'alice' }).room('strict', { role: 'writer' });
  await ready(room);
  const refused = room.send('x'.repeat(2001), { id: 'long' }).catch(({ code }) => code);
  await room.send('short');
  const code = await refused;
  const pending = room.snapshot.pending.map(({ id, state, error }) => [id, state, error.code]);
  room.discard('long');
  return { code, pending, left: room.snapshot.pending.length, contents: contents(room) };
};

export const lists_chats = async (world) => {
  const [alice, bob] = [await world.signIn('alice'), await world.signIn('bob')];
  const [own, other] = [alice.chats(), bob.chats()];
  await ready(own, other);
  const chat = await own.create('Lunch', { members: ['alice', 'bob'] });
  const find = () => other.snapshot.chats.find(({ id }) => id === chat.id);
  await until('the chat', find);
  const room = alice.chat(chat.id);
  await ready(room);
  await room.send('Noon?');
  await until('unread', () => find().unread === 1);
  const bobs = bob.chat(chat.id);
  await ready(bobs);
  await until('the message', () => seqs(bobs).length === 1);
  bobs.markRead();
  await until('read', () => find().unread === 0);
  await own.rename(chat.id, 'Dinner');
  await until('the name', () => find().name === 'Dinner');
  await own.delete(chat.id);
  await until('gone', () => find() === undefined);
  await until('the end of the chat', () => bobs.snapshot.status === 'failed');
  const { code } = bobs.snapshot.error;
  return { contents: contents(bobs), code, negotiations: bob.entries.filter(({ kind }) => kind === 'negotiated').length };
};

// Data that is not stored goes straight to the room's group; readers may not send any.
export const broadcasts_in_a_room = async (world) => {
  const { own, other } = await pair(world, 'quick');
  const heard = [];
  other.on('broadcast', (broadcast) => heard.push(broadcast));
  await own.broadcast({ x: 1, y: 2 });
  await until('the broadcast', () => heard.length === 1);
  const refused = await other.broadcast({}).catch(({ code }) => code);
  return { heard, refused, messages: seqs(other) };
};

// A view that closes does not lose what its user has just sent.
export const sends_what_waits_before_it_closes = async (world) => {
  const { alice, own, other } = await pair(world, 'closing');
  const sent = own.send('the last word');
  own.close();
  const { seq } = await sent;
  await until('the message', () => seqs(other).length === 1);
  await until('released', () => own.snapshot.status === 'closed');
  await until('no connection', () => alice.snapshot.status === 'idle');
  const again = alice.room('closing', { role: 'writer' });
  await ready(again);
  return { seq, contents: contents(other), isAnother: again !== own, again: contents(again) };
};

// Messages that cannot be sent any more are rejected.
export const rejects_what_waits_when_all_is_closed = async (world) => {
  const alice = world.connect({ fetch: () => Promise.reject(new TypeError('offline')) });
  const room = alice.room('never', { role: 'writer' });
  const sent = room.send('into the void').catch(({ code }) => code);
  await until('an attempt', () => alice.snapshot.error);
  const error = alice.snapshot.error.code;
  alice.close();
  const later = await room.send('later').catch(({ code }) => code);
  return { error, sent: await sent, later, status: alice.snapshot.status, room: room.snapshot.status };
};
