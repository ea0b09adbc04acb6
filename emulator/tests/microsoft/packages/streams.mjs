// Streams of `@azure/web-pubsub-client`, while the sockets of both sides break.
import assert from 'node:assert/strict';

import { clients } from './clients.mjs';

const PARTS = 200;
const PUBLISHER_BREAKS_AFTER = [40, 41, 120];
const SUBSCRIBER_BREAKS_AFTER = [80, 160];

const { client, drop } = await clients();
const [ann, bob] = [await client('ann'), await client('bob')];

/** How the next stream reads to its end: its parts, and how it ended. */
const ended = [];
const waiting = [];
function nextEnded() {
  return ended.length ? Promise.resolve(ended.shift()) : new Promise((resolve) => waiting.push(resolve));
}
async function read(stream) {
  const parts = [];
  let error;
  try {
    for await (const message of stream) parts.push(message.data);
  } catch (thrown) {
    error = thrown;
  }
  const read = { id: stream.streamId, group: stream.groupName, parts, error };
  if (waiting.length) waiting.shift()(read);
  else ended.push(read);
}
bob.client.onGroupStream(read, { handleFromStart: true });
await bob.client.joinGroup('g');

// Every part arrives once and in order, although both sockets fail repeatedly.
const long = await ann.client.openGroupStream('g');
for (let n = 1; n <= PARTS; n++) {
  await long.write({ n }, 'json');
  if (PUBLISHER_BREAKS_AFTER.includes(n)) await drop(ann);
  if (SUBSCRIBER_BREAKS_AFTER.includes(n)) await drop(bob);
}
await long.end();
const heard = await nextEnded();
assert.equal(heard.error, undefined);
assert.deepEqual([heard.id, heard.group], [long.streamId, 'g']);
assert.deepEqual(
  heard.parts,
  Array.from({ length: PARTS }, (_, index) => ({ n: index + 1 })),
);

// A publisher ends its stream with an error.
const broken = await ann.client.openGroupStream('g', { streamId: 'mine' });
await broken.write('so far', 'text');
await broken.abort({ message: 'no more', userErrorCode: 'E1' });
const unfinished = await nextEnded();
assert.deepEqual([unfinished.id, unfinished.parts], ['mine', ['so far']]);
assert.match(String(unfinished.error?.message), /no more/);

// Another stream follows.
const again = await ann.client.openGroupStream('g');
await again.write('once more', 'text');
await again.end();
assert.deepEqual((await nextEnded()).parts, ['once more']);
process.exit(0);
