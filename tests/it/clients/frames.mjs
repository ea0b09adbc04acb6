// Microsoft's client sends the same frame in every form that it supports, and waits for the replies.
import { WebPubSubClient } from '@azure/web-pubsub-client';

const [base] = process.argv.slice(2);
const { url } = await (await fetch(`${base}/api/negotiate?room_id=myroom`)).json();
const client = new WebPubSubClient(url);
const waiting = [];
client.on('server-message', (event) => waiting.shift()?.(event.message.data));
await client.start();
const reply = async (send) => {
  const heard = new Promise((done) => waiting.push(done));
  await send();
  return heard;
};
const ping = { type: 'ping', timestamp: 't' };
const replies = [
  await reply(() => client.sendEvent('message', ping, 'json')),
  await reply(() => client.sendEvent('message', JSON.stringify(ping), 'text')),
  await reply(() => client.sendEvent('ping', { timestamp: 't' }, 'json')),
  (await client.invokeEvent('ping', { timestamp: 't', requestId: 'r' }, 'json')).data,
  (await client.invokeEvent('message', { type: 'dance' }, 'json')).data,
];
console.log(JSON.stringify(replies));
process.exit(0);
