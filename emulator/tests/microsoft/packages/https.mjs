// The code of a getting-started guide, without any option for plain HTTP.
import assert from 'node:assert/strict';

import { WebPubSubServiceClient } from '@azure/web-pubsub';

import { HUB, connectionString, rawClient } from './session.mjs';

const text = { contentType: 'text/plain' };
const service = new WebPubSubServiceClient(await connectionString(), HUB);
assert.equal(new URL(service.endpoint).protocol, 'https:');

const { url } = await service.getClientAccessToken({ userId: 'ann', groups: ['lobby'] });
assert.equal(new URL(url).protocol, 'wss:');
const ann = await rawClient(url, 'json.webpubsub.azure.v1');
const { connectionId } = await ann.nextJson();

await service.sendToUser('ann', 'over TLS', text);
assert.equal((await ann.nextJson()).data, 'over TLS');
const long = 'x'.repeat(500_000);
await service.group('lobby').sendToAll(long, text);
assert.equal((await ann.nextJson()).data, long);

// The second page is requested over HTTPS, too.
await rawClient((await service.getClientAccessToken({ groups: ['lobby'] })).url);
const listed = [];
for await (const member of await service.group('lobby').listConnections({ maxPageSize: 1 })) listed.push(member);
assert.equal(listed.length, 2);
assert(listed.some((member) => member.connectionId === connectionId));

await service.closeConnection(connectionId);
assert.equal((await ann.nextJson()).event, 'disconnected');
assert.equal(await ann.closed, 1000);
process.exit(0);
