// Every method of `@azure/web-pubsub`'s service client, checked with the clients that it affects.
import assert from 'node:assert/strict';

import { WebPubSubServiceClient } from '@azure/web-pubsub';

import { HUB, connectionString, rawClient } from './session.mjs';

const PROTOCOL = 'json.webpubsub.azure.v1';
const service = new WebPubSubServiceClient(await connectionString(), HUB, { allowInsecureConnection: true });

async function join(userId, groups = []) {
  const { url } = await service.getClientAccessToken({ userId, groups });
  const client = await rawClient(url, PROTOCOL);
  const { connectionId } = await client.nextJson();
  return { ...client, id: connectionId };
}

const ann = await join('ann', ['lobby']);
const bob = await join('bob');
const text = { contentType: 'text/plain' };
const heard = async (client, data, dataType = 'text') => {
  const frame = await client.nextJson();
  assert.deepEqual([frame.dataType, frame.data], [dataType, data]);
};

// Every kind of sending.
await service.sendToAll('hello', text);
await heard(ann, 'hello');
await heard(bob, 'hello');
await service.sendToAll({ a: [1, 'ü'] }, { filter: "userId eq 'ann' and 'lobby' in groups" });
await heard(ann, { a: [1, 'ü'] }, 'json');
await service.sendToAll(Buffer.from([0, 1, 2]), { excludedConnections: [bob.id] });
await heard(ann, 'AAEC', 'binary');
await service.sendToUser('bob', 'to bob', { ...text, messageTtlSeconds: 60 });
await heard(bob, 'to bob');
await service.sendToConnection(ann.id, 'to ann', text);
await heard(ann, 'to ann');

// Groups.
const room = service.group('r 1+é');
await room.addConnection(ann.id);
await room.addUser('bob');
assert.equal(await service.groupExists('r 1+é'), true);
await room.sendToAll('in the room', { ...text, excludedConnections: [ann.id] });
await heard(bob, 'in the room');
const members = [];
for await (const member of await room.listConnections({ maxPageSize: 1 })) members.push(member);
assert.deepEqual(new Set(members.map(({ userId }) => userId)), new Set(['ann', 'bob']));
await room.removeConnection(ann.id);
await room.removeUser('bob');
assert.equal(await service.groupExists('r 1+é'), false);
await service.addConnectionsToGroups(['x', 'y'], "startswith(userId, 'a')");
assert.equal(await service.groupExists('x'), true);
await service.removeConnectionsFromGroups(['x'], "'y' in groups");
assert.equal(await service.groupExists('x'), false);
await service.removeConnectionFromAllGroups(ann.id);
assert.equal(await service.groupExists('y'), false);
await room.addUser('bob');
await service.removeUserFromAllGroups('bob');
assert.equal(await service.groupExists('r 1+é'), false);
await assert.rejects(room.addConnection('none'), { statusCode: 404 });

// Permissions.
const target = { targetName: 'lobby' };
assert.equal(await service.hasPermission(ann.id, 'sendToGroup', target), false);
await service.grantPermission(ann.id, 'sendToGroup', target);
assert.equal(await service.hasPermission(ann.id, 'sendToGroup', target), true);
await service.revokePermission(ann.id, 'sendToGroup', target);
assert.equal(await service.hasPermission(ann.id, 'sendToGroup', target), false);

// Existence checks and closing.
assert.equal(await service.userExists('bob'), true);
assert.equal(await service.connectionExists(ann.id), true);
await service.closeConnection(ann.id, { reason: 'see you' });
assert.match((await ann.nextJson()).message, /see you/);
assert.equal(await ann.closed, 1000);
assert.equal(await service.connectionExists(ann.id), false);
await service.closeUserConnections('bob');
assert.equal(await bob.closed, 1000);
assert.equal(await service.userExists('bob'), false);
const [eve, dan] = [await join('eve', ['g']), await join('dan')];
await service.group('g').closeAllConnections();
assert.equal(await eve.closed, 1000);
await service.closeAllConnections();
assert.equal(await dan.closed, 1000);
process.exit(0);
