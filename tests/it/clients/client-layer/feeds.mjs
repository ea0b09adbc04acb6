// Audio, and what needs no conversation.
import { ready, until } from './world.mjs';

export const streams_audio = async (world) => {
  const stream = world.connect({ username: 'alice' }).audio();
  await ready(stream);
  for (const size of [10, 20, 30]) await stream.send(new Uint8Array(size));
  await until('acknowledged', () => stream.snapshot.acknowledgedChunks === 3);
  // A blob is read later than the bytes that follow it, but it is sent before them and before the end.
  const sending = [stream.send(new Blob(['x'.repeat(400_000)])), stream.send(new Uint8Array(40))];
  const { chunks, bytes, missing } = await stream.end();
  await Promise.all(sending);
  return { chunks, bytes, missing, sent: stream.snapshot.sentBytes };
};

export const calls_the_api = async (world) => {
  const alice = await world.signIn('alice');
  const refused = await alice.http.request('PUT', 'users', { body: { user_id: 'bob' } }).then(
    () => 'answered',
    ({ code, status }) => ({ code, status }),
  );
  const back = world.connect({ getToken: () => world.apiToken });
  const room = await back.http.request('PUT', 'rooms/made', { body: { name: 'Made' } });
  return { refused, name: room.name };
};

// The inbox begins with what came before; what comes later arrives in every tab, once.
export const keeps_an_inbox = async (world) => {
  const publish = (title, fields = {}) =>
    world.backEnd('POST', 'notifications', { user_id: 'alice', notification: { title, ...fields } });
  await publish('before', { link: '/messages/1' });
  const tabs = [await world.signIn('alice'), await world.signIn('alice')];
  const [first, second] = tabs.map((tab) => tab.notifications());
  await ready(first, second);
  const live = [];
  first.on('notification', ({ title }) => live.push(title));
  await publish('live', { id: 'the-same' });
  await publish('live', { id: 'the-same' });
  await publish('last');
  await until('all', () => [first, second].every(({ snapshot }) => snapshot.items.length === 3));
  const unread = second.snapshot.unread;
  await first.markRead(['the-same']);
  await until('read in the other tab', () => second.snapshot.unread === 2);
  const read = second.snapshot.items.filter((item) => item.read).map(({ id }) => id);
  await second.markAllRead();
  await until('all read', () => first.snapshot.unread === 0);
  const titles = first.snapshot.items.map(({ title }) => title);
  return { titles, live, unread, read, link: first.snapshot.items[2].link };
};

export const hears_the_events_of_an_organisation = async (world) => {
  const alice = await world.signIn('alice', { organizations: ['acme'] });
  const feed = alice.orgEvents('acme');
  const foreign = (await world.signIn('bob')).orgEvents('acme');
  await ready(feed);
  await until('refused', () => foreign.snapshot.status === 'failed');
  await world.backEnd('POST', 'events/acme', { event_type: 'user.joined', data: { user_id: 'carol' } });
  const event = await until('the event', () => feed.snapshot.events[0]);
  const { code, closeCode } = foreign.snapshot.error;
  return { type: event.eventType, data: event.data, foreign: { code, closeCode } };
};

// Needs `--devices 1`.
export const follows_a_device = async (world) => {
  const alice = await world.signIn('alice', { roles: ['devices', 'publisher'] });
  const device = alice.device('sim-1');
  await ready(device);
  await until('telemetry', () => device.snapshot.telemetry.length >= 3);
  const sequences = device.snapshot.telemetry.map(({ sequence }) => sequence);
  const result = await device.command('echo', { payload: { a: 1 } });
  const unknown = await device.command('dance').then(({ status }) => status, ({ code }) => code);
  return {
    isOrdered: sequences.every((sequence, n) => n === 0 || sequence > sequences[n - 1]),
    isLast: device.snapshot.last === device.snapshot.telemetry.at(-1),
    result: { deviceId: result.deviceId, status: result.status, payload: result.payload },
    unknown,
  };
};

// An answer streams to everyone, also to whoever joins while it is written.
export const streams_an_answer = async (world) => {
  const [alice, bob] = [await world.signIn('alice'), await world.signIn('bob')];
  const chat = await alice.chats().create('Help', { members: ['alice', 'bob'], assistant: true });
  const own = alice.chat(chat.id);
  await ready(own);
  const texts = new Set();
  own.on('change', ({ answers }) => answers[0] && texts.add(answers[0].text));
  const question = await own.send('What is the answer?');
  await until('a beginning', () => own.snapshot.answers[0]?.text);
  const late = bob.chat(chat.id);
  await until('the late joiner', () => late.snapshot.answers[0]?.text);
  const isStored = (conversation) => conversation.snapshot.messages.length === 2;
  await until('the stored answer', () => isStored(own) && isStored(late));
  await until('the end', () => [own, late].every(({ snapshot }) => snapshot.answers.length === 0));
  const answer = own.snapshot.messages[1];
  await own.send('/slow');
  const slow = await until('a slow answer', () => own.snapshot.answers[0]?.text && own.snapshot.answers[0]);
  await own.cancelAnswer(slow.messageId);
  await until('the stopped answer', () => own.snapshot.messages.length === 4);
  return {
    replyTo: answer.replyTo === question.seq,
    senderId: answer.senderId,
    arePrefixes: [...texts].every((text) => answer.content.startsWith(text)),
    isStreamed: texts.size > 1,
    isSame: late.snapshot.messages[1].content === answer.content,
    cancelled: own.snapshot.messages[3].cancelled,
    isSlow: own.snapshot.messages[3].id === slow.messageId,
  };
};
