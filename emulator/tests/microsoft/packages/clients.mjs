// Clients of `@azure/web-pubsub-client` with every role, for the emulator of one test.
import assert from 'node:assert/strict';

import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubClient } from '@azure/web-pubsub-client';

import { HUB, connectionString } from './session.mjs';

const roles = ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup'];

/** `port` is that of an event handler, if there is one. */
export async function clients(port) {
  const target = await connectionString(port);
  const endpoint = /Endpoint=([^;]+)/.exec(target)[1];
  const service = new WebPubSubServiceClient(target, HUB, { allowInsecureConnection: true });

  async function client(userId) {
    const client = new WebPubSubClient({
      getClientAccessUrl: async () => (await service.getClientAccessToken({ userId, roles })).url,
    });
    const connected = new Promise((resolve) => client.on('connected', resolve));
    await client.start();
    const { connectionId } = await connected;
    return { client, connectionId };
  }

  /** Takes the socket away without a word, as a network does that fails. */
  async function drop({ connectionId }) {
    const dropped = await fetch(`${endpoint}/emulator/connections/${connectionId}/drop`, { method: 'POST' });
    assert.equal(dropped.status, 200);
  }

  return { service, client, drop };
}
