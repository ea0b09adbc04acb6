// Losing, recovering and replacing connections.
import { contents, count, ready, seqs, statuses, until } from './world.mjs';

const pair = async (world, id) => {
  const [alice, bob] = [world.connect({ username: 'alice' }), world.connect({ username: 'bob' })];
  const rooms = [alice.room(id, { role: 'writer' }), bob.room(id)];
  await ready(...rooms);
  return { alice, bob, own: rooms[0], other: rooms[1] };
};

// The service keeps the connection of a broken socket, and what it should have received.
export const recovers_a_broken_socket = async (world) => {
  const { bob, own, other } = await pair(world, 'recovery');
  await own.send('before');
  const dropped = bob.dropSocket();
  await own.send('meanwhile');
  await until('both messages', () => seqs(other).length === 2);
  await until('connected', () => bob.snapshot.status === 'connected');
  return {
    dropped,
    contents: contents(other),
    statuses: statuses(bob),
    negotiations: count(bob, 'negotiated'),
    recoveries: bob.entries.findLast(({ kind }) => kind === 'status').recoveries,
  };
};

// A connection that the service ended is replaced, with an address of its own.
export const renews_its_address = async (world) => {
  const { bob, own, other } = await pair(world, 'renewal');
  await own.send('before');
  await until('the message', () => seqs(other).length === 1);
  await world.backEnd('POST', 'rooms/renewal/kick', { userId: bob.snapshot.userId });
  await until('offline', () => other.snapshot.status !== 'ready');
  await own.send('meanwhile');
  await until('both messages', () => seqs(other).length === 2);
  const answers = bob.entries.filter(({ kind }) => kind === 'negotiated');
  return {
    contents: contents(other),
    // Two addresses of the same second may be equal.
    negotiations: answers.length,
    recovered: bob.entries.filter(({ kind }) => kind === 'recovered').map(({ messages }) => messages),
    reconnects: bob.entries.findLast(({ kind }) => kind === 'status').reconnects,
  };
};

// Sends wait while nothing can be reached, and go out in their order, with their ids.
export const queues_while_offline = async (world) => {
  let isOnline = true;
  const limited = (...call) => (isOnline ? fetch(...call) : Promise.reject(new TypeError('offline')));
  const alice = world.connect({ username: 'alice', fetch: limited });
  const bob = world.connect({ username: 'bob' });
  const own = alice.room('queue', { role: 'writer' });
  const other = bob.room('queue');
  await ready(own, other);
  isOnline = false;
  await world.backEnd('POST', 'rooms/queue/kick', { userId: alice.snapshot.userId });
  await until('offline', () => own.snapshot.status === 'offline');
  const sending = ['one', 'two', 'three'].map((text) => own.send(text, { id: `id-${text}` }));
  const pending = own.snapshot.pending.map(({ id, state }) => ({ id, state }));
  const seen = [];
  other.on('message', ({ id, content }) => seen.push({ id, content }));
  isOnline = true;
  const stored = await Promise.all(sending);
  await until('all messages', () => seen.length === 3);
  return { pending, seen, seqs: stored.map(({ seq }) => seq), left: own.snapshot.pending.length };
};

// Another target is added beside the live connection, which is given up only afterwards.
export const adds_a_target_without_a_gap = async (world) => {
  const { bob, own, other } = await pair(world, 'first');
  const states = new Set();
  other.on('change', ({ status }) => states.add(status));
  const second = bob.room('second');
  const sending = [];
  while (second.snapshot.status !== 'ready') sending.push(await own.send(`number ${sending.length}`));
  await until('all messages', () => seqs(other).length === sending.length);
  return {
    isComplete: seqs(other).every((seq, index) => seq === index + 1),
    states: [...states],
    negotiations: count(bob, 'negotiated'),
    reconnects: bob.entries.findLast(({ kind }) => kind === 'status').reconnects,
  };
};

// A target that is refused does not cost the others their connection.
export const isolates_a_refused_target = async (world) => {
  const alice = await world.signIn('alice');
  const chats = alice.chats();
  const session = alice.session('550e8400-e29b-41d4-a716-446655440000');
  await until('refused', () => session.snapshot.status === 'failed');
  await ready(chats);
  const { code, closeCode, status } = session.snapshot.error;
  return { code, closeCode, status, chats: chats.snapshot.status };
};

// The sign-in is renewed before it ends, on the connection that lives.
export const authenticates_before_the_sign_in_ends = async (world) => {
  let tokens = 0;
  const alice = world.connect({
    // The first one ends soon.
    getToken: () => world.token('alice', (tokens += 1) === 1 ? 4 : 3600),
  });
  const chats = alice.chats();
  await until('connected', () => alice.snapshot.status === 'connected');
  const first = alice.snapshot.signInEndsAt;
  await until('renewed', () => count(alice, 'authenticated') > 0);
  const renewedInTime = Date.now() < first;
  await until('the first sign-in ended', () => Date.now() > first + 1000);
  await chats.create('after the end');
  return {
    renewedInTime,
    negotiations: count(alice, 'negotiated'),
    errors: alice.errors,
    lasts: alice.snapshot.signInEndsAt > first,
    leaks: alice.entries.some(({ kind, text }) => kind === 'frame' && /"token":"[^…]/.test(text)),
  };
};

// A sign-in that ended nevertheless is renewed when the server says so, and the frame sent again.
export const renews_a_sign_in_that_has_ended = async (world) => {
  let fresh = false;
  const early = await world.token('alice', 2);
  const late = await world.token('alice', 3600);
  const alice = world.connect({ getToken: () => (fresh ? late : early) });
  const chats = alice.chats();
  await until('connected', () => alice.snapshot.status === 'connected');
  // Until then `getToken` returns what it returned before.
  await until('the sign-in ended', () => Date.now() > alice.snapshot.signInEndsAt + 1500);
  fresh = true;
  const chat = await chats.create('after the end');
  return {
    name: chat.name,
    negotiations: count(alice, 'negotiated'),
    renewals: count(alice, 'authenticated'),
  };
};

export const refuses_wrong_credentials = async (world) => {
  await world.backEnd('PUT', 'rooms/guarded', { access: 'password', password: 'open sesame' });
  await world.backEnd('PUT', 'rooms/invited', { access: 'invite' });
  const { invite } = await world.backEnd('POST', 'rooms/invited/invites', { role: 'writer' });
  const outcome = async (object) => {
    await until('an outcome', () => ['ready', 'failed'].includes(object.snapshot.status));
    return object.snapshot.error?.code ?? object.snapshot.status;
  };
  const [alice, bob] = [await world.signIn('alice'), await world.signIn('bob')];
  const found = {
    wrongPassword: await outcome(alice.room('guarded', { password: 'wrong' })),
    noPassword: await outcome(alice.room('guarded')),
    rightPassword: await outcome(alice.room('guarded', { password: 'open sesame' })),
    invite: await outcome(alice.room('invited', { role: 'writer', invite })),
    spentInvite: await outcome(bob.room('invited', { role: 'writer', invite })),
  };
  // The user who spent it is a member: the same link works again.
  const again = await world.signIn('alice');
  return { ...found, ownInvite: await outcome(again.room('invited', { role: 'writer', invite })) };
};

// Beyond the server's limit frames wait, and none is lost.
export const waits_when_it_is_limited = async (world) => {
  const alice = world.connect({ username: 'alice' });
  const room = alice.room('limited', { role: 'writer' });
  await ready(room);
  const marks = Array.from({ length: 130 }, () => room.sync());
  const stored = await Promise.all(Array.from({ length: 130 }, (_, n) => room.send(`number ${n}`)));
  await Promise.all(marks);
  return { seqs: stored.map(({ seq }) => seq), contents: contents(room) };
};
