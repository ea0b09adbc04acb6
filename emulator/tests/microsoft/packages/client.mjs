// `@azure/web-pubsub-client`: groups, events, invocations, and a socket that breaks several times.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { clients } from './clients.mjs';
import { listening } from './session.mjs';

const MESSAGES = 300;
const BREAK_AFTER = [50, 120, 121, 250];

/** Says back what it is sent; one event fails, and one it never answers. */
let think;
const thinking = new Promise((resolve) => (think = resolve));
const handler = createServer((request, response) => {
  if (request.method === 'OPTIONS') return response.writeHead(200, { 'WebHook-Allowed-Origin': '*' }).end();
  const event = request.headers['ce-eventname'];
  if (event === 'endless') return think();
  if (event !== 'echo') return request.resume().on('end', () => response.writeHead(event === 'fail' ? 400 : 204).end());
  response.writeHead(200, { 'content-type': request.headers['content-type'] });
  return request.pipe(response);
}).listen(0, '127.0.0.1');

const { service, client, drop } = await clients(await listening(handler));
const [ann, bob] = [await client('ann'), await client('bob')];

// Events and invocations.
const echoed = new Promise((resolve) => ann.client.on('server-message', ({ message }) => resolve(message.data)));
await ann.client.sendEvent('echo', { x: 1 }, 'json');
assert.deepEqual(await echoed, { x: 1 });
const answer = await ann.client.invokeEvent('echo', 'hi', 'text');
assert.deepEqual([answer.dataType, answer.data], ['text', 'hi']);
await assert.rejects(ann.client.invokeEvent('fail', 'hi', 'text'), /Internal server error/);
const giveUp = new AbortController();
const endless = ann.client.invokeEvent('endless', 'hi', 'text', { abortSignal: giveUp.signal });
await thinking;
giveUp.abort();
await assert.rejects(endless, /abort|cancel/i);
assert.equal((await ann.client.invokeEvent('echo', 'again', 'text')).data, 'again');

// Every message arrives once and in order, although the network fails repeatedly.
const seen = [];
const all = new Promise((resolve) => {
  bob.client.on('group-message', ({ message }) => {
    seen.push(message.data);
    if (seen.length === MESSAGES) resolve();
  });
});
await bob.client.joinGroup('g');
for (let n = 1; n <= MESSAGES; n++) {
  await ann.client.sendToGroup('g', n, 'json');
  if (BREAK_AFTER.includes(n)) await drop(bob);
}
await all;
assert.deepEqual(
  seen,
  Array.from({ length: MESSAGES }, (_, index) => index + 1),
);

await bob.client.leaveGroup('g');
assert.equal(await service.groupExists('g'), false);
const stopped = new Promise((resolve) => bob.client.on('stopped', resolve));
bob.client.stop();
await stopped;
process.exit(0);
