// Two of Microsoft's clients in a room: one may write, the other may only read.
import { WebPubSubClient } from '@azure/web-pubsub-client';

const [base] = process.argv.slice(2);
const negotiate = async (query) => (await fetch(`${base}/api/negotiate?${query}`)).json();
const { url } = await negotiate('room_id=myroom&username=alice&role=writer');
const writer = new WebPubSubClient(url);
const reader = new WebPubSubClient((await negotiate('room_id=myroom&username=bob')).url);
const heard = new Promise((done) => reader.on('group-message', (event) => done(event.message)));
await Promise.all([writer.start(), reader.start()]);
await writer.joinGroup('myroom');
await reader.joinGroup('myroom');
await writer.sendToGroup('myroom', { type: 'chat', message: 'Hello!' }, 'json');
const { data, fromUserId, group } = await heard;
const refusal = async (action) => {
  try {
    await action();
    return 'none';
  } catch (error) {
    return error.errorDetail?.name ?? String(error);
  }
};
const readerSends = await refusal(() =>
  reader.sendToGroup('myroom', { type: 'chat', message: 'Me too!' }, 'json'),
);
const readerJoinsAnother = await refusal(() => reader.joinGroup('another'));
console.log(JSON.stringify({ data, fromUserId, group, readerSends, readerJoinsAnother }));
process.exit(0);
