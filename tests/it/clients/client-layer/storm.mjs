// Thousands of messages through random faults: in the end every client has each message once, in
// order. All decisions come from the seed, at numbered messages and not at times.
import { ready, seqs, until } from './world.mjs';

// A small generator whose whole state is its seed (mulberry32).
const generator = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

export const every_message_arrives_once_and_in_order = async (world) => {
  const { seed } = world;
  const { messages, senders } = world.details;
  const random = generator(seed);
  const below = (limit) => Math.floor(random() * limit);
  const options = { requestTimeoutMs: 1500, syncIntervalMs: 2000 };
  const names = Array.from({ length: senders + 1 }, (_, n) => `user${n}`);
  const clients = names.map((username) => world.connect({ username, ...options }));
  const rooms = clients.map((client) => client.room('storm', { role: 'writer' }));
  await ready(...rooms);
  const seen = rooms.map((room) => {
    const list = [];
    room.on('message', (message) => list.push(message));
    return list;
  });
  const faults = { drop: 0, repeat: 0, delay: 0, cut: 0, kick: 0, fail: 0 };

  const disturb = async () => {
    const user = clients[below(clients.length)].snapshot.userId;
    const [kind, amount, ms] = [below(100), 1 + below(4), 5 + below(150)];
    const connection = await world.connectionOf(user);
    const plan = (fate) => world.control('POST', `deliveries/${fate}&count=${amount}&connection=${connection}`);
    if (connection === undefined) return;
    if (kind < 25) await plan('drop?').then(() => (faults.drop += 1));
    else if (kind < 45) await plan('repeat?').then(() => (faults.repeat += 1));
    else if (kind < 70) await plan(`delay?ms=${ms}`).then(() => (faults.delay += 1));
    else if (kind < 90) {
      // A connection that has just ended cannot be cut.
      await world.control('POST', `connections/${connection}/drop`).catch(() => {});
      faults.cut += 1;
    } else if (kind < 95) {
      await world.backEnd('POST', 'rooms/storm/kick', { userId: user });
      faults.kick += 1;
    } else {
      await world.control('POST', 'webhooks/fail?count=1');
      faults.fail += 1;
    }
  };

  let begun = 0;
  const speak = async (room, name) => {
    for (let n = 0; begun < messages; n += 1) {
      begun += 1;
      if (begun % 10 === 0) await disturb();
      await room.send(`${name} ${n}`);
    }
    return name;
  };
  await Promise.all(rooms.slice(0, senders).map((room, n) => speak(room, names[n])));
  await world.control('DELETE', 'deliveries');
  const isComplete = (room) => room.snapshot.messages.at(-1)?.seq === messages;
  await until('everybody has the last message', () => rooms.every(isComplete), 120);

  const expected = Array.from({ length: messages }, (_, index) => index + 1);
  const isExpected = (list) => JSON.stringify(list) === JSON.stringify(expected);
  const texts = (list) => list.map(({ content }) => content);
  // The messages of one person stay in their order.
  const inOrder = (list) =>
    names.every((name) => {
      const own = texts(list).filter((text) => text.startsWith(`${name} `));
      return own.every((text, n) => text === `${name} ${n}`);
    });
  return {
    seed,
    faults,
    isEachOnceInOrder: seen.map((list) => isExpected(list.map(({ seq }) => seq))),
    isWhatIsShown: rooms.map((room) => isExpected(seqs(room))),
    isSame: new Set(seen.map((list) => JSON.stringify(texts(list)))).size === 1,
    isInOrder: seen.map(inOrder),
    pending: rooms.map((room) => room.snapshot.pending.length),
  };
};
