// `@azure/web-pubsub-client`: groups, events, invocations, and a socket that breaks in mid-flow, several times.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubClient } from '@azure/web-pubsub-client';

import { HUB, connectionString, listening } from './session.mjs';

const ROLES = ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup'];
const MESSAGES = 300;
const BREAK_AFTER = [50, 120, 121, 250];

/** Says back what it is sent. */
const handler = createServer((request, response) => {
  if (request.method === 'OPTIONS') return response.writeHead(200, { 'WebHook-Allowed-Origin': '*' }).end();
  if (request.headers['ce-eventname'] !== 'echo')
    return request.resume().on('end', () => response.writeHead(204).end());
  response.writeHead(200, { 'content-type': request.headers['content-type'] });
  return request.pipe(response);
}).listen(0, '127.0.0.1');

const target = await connectionString(await listening(handler));
const endpoint = /Endpoint=([^;]+)/.exec(target)[1];
const service = new WebPubSubServiceClient(target, HUB, { allowInsecureConnection: true });

async function client(userId) {
  const client = new WebPubSubClient({
    getClientAccessUrl: async () => (await service.getClientAccessToken({ userId, roles: ROLES })).url,
  });
  const connected = new Promise((resolve) => client.on('connected', resolve));
  await client.start();
  const { connectionId } = await connected;
  return { client, connectionId };
}

const [ann, bob] = [await client('ann'), await client('bob')];

// Events and invocations.
const echoed = new Promise((resolve) => ann.client.on('server-message', ({ message }) => resolve(message.data)));
await ann.client.sendEvent('echo', { x: 1 }, 'json');
assert.deepEqual(await echoed, { x: 1 });
const answer = await ann.client.invokeEvent('echo', 'hi', 'text');
assert.deepEqual([answer.dataType, answer.data], ['text', 'hi']);

// Nothing lost, nothing doubled, in order, though the network fails again and again.
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
  if (BREAK_AFTER.includes(n)) {
    const dropped = await fetch(`${endpoint}/emulator/connections/${bob.connectionId}/drop`, { method: 'POST' });
    assert.equal(dropped.status, 200);
  }
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
