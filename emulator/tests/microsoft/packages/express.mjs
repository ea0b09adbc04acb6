// `@azure/web-pubsub-express` as the event handler.
import assert from 'node:assert/strict';

import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubEventHandler } from '@azure/web-pubsub-express';
import express from 'express';

import { HUB, connectionString, listening, rawClient } from './session.mjs';

const told = [];
let tellDisconnected;
const disconnected = new Promise((resolve) => (tellDisconnected = resolve));
const app = express();
const events = new WebPubSubEventHandler(HUB, {
  path: '/hook/',
  handleConnect(request, response) {
    if (request.context.userId === 'mallory') return response.fail(403, 'not you');
    response.setState('calls', 0);
    return response.success({ groups: ['lobby'], roles: ['webpubsub.sendToGroup.lobby'] });
  },
  handleUserEvent(request, response) {
    const calls = request.context.states.calls + 1;
    response.setState('calls', calls);
    if (request.context.eventName === 'quiet') return response.success();
    return response.success(JSON.stringify({ calls, data: request.data, type: request.dataType }), 'json');
  },
  onConnected: (request) => told.push(request.context.userId),
  onDisconnected: (request) => tellDisconnected(request.reason),
});
app.use(events.getMiddleware());

const server = app.listen(0, '127.0.0.1');
const target = await connectionString(await listening(server));
const service = new WebPubSubServiceClient(target, HUB, { allowInsecureConnection: true });
const url = async (userId) => (await service.getClientAccessToken({ userId })).url;

// An accepted connect with groups; the handler gets `connected` and `disconnected`.
const ann = await rawClient(await url('ann'), 'json.webpubsub.azure.v1');
assert.equal((await ann.nextJson()).userId, 'ann');
assert.equal(await service.groupExists('lobby'), true);
ann.close();
await disconnected;
assert.deepEqual(told, ['ann']);

// A refused connect.
await assert.rejects(rawClient(await url('mallory')), /403/);

// User events, their replies, and the connection state.
const bob = await rawClient(await url('bob'));
bob.send('first');
assert.deepEqual(await bob.nextJson(), { calls: 1, data: 'first', type: 'text' });
bob.send('second');
assert.deepEqual(await bob.nextJson(), { calls: 2, data: 'second', type: 'text' });

// An event without a reply.
const eve = await rawClient(await url('eve'), 'json.webpubsub.azure.v1');
await eve.nextJson();
eve.send(JSON.stringify({ type: 'event', event: 'quiet', ackId: 1, dataType: 'json', data: {} }));
assert.deepEqual(await eve.nextJson(), { type: 'ack', ackId: 1, success: true });
process.exit(0);
