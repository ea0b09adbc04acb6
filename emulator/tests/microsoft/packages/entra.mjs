// A token credential instead of the access key. The service then issues the client tokens.
import assert from 'node:assert/strict';

import { WebPubSubServiceClient } from '@azure/web-pubsub';

import { HUB, connectionString, rawClient } from './session.mjs';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const credentialFor = (aud) => ({
  async getToken(scope) {
    assert.deepEqual([scope].flat(), ['https://webpubsub.azure.com/.default']);
    const exp = Math.floor(Date.now() / 1000) + 600;
    const token = `${part({ alg: 'RS256', kid: 'k' })}.${part({ aud, exp, oid: 'o' })}.${part('signed by Entra')}`;
    return { token, expiresOnTimestamp: exp * 1000 };
  },
});

const endpoint = /Endpoint=([^;]+)/.exec(await connectionString())[1];
const service = new WebPubSubServiceClient(endpoint, credentialFor('https://webpubsub.azure.com'), HUB);

const { url } = await service.getClientAccessToken({ userId: 'ann', groups: ['lobby'] });
const ann = await rawClient(url, 'json.webpubsub.azure.v1');
assert.equal((await ann.nextJson()).userId, 'ann');
await service.group('lobby').sendToAll('hello', { contentType: 'text/plain' });
assert.equal((await ann.nextJson()).data, 'hello');
assert.equal(await service.userExists('ann'), true);

const elsewhere = new WebPubSubServiceClient(endpoint, credentialFor('https://storage.azure.com'), HUB);
await assert.rejects(elsewhere.sendToAll('no', { contentType: 'text/plain' }), { statusCode: 401 });
process.exit(0);
