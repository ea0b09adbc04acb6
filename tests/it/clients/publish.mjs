// Sends to a group with Microsoft's package, as a back end does. Usage: publish.mjs CONNECTION_STRING GROUP JSON
import { WebPubSubServiceClient } from '@azure/web-pubsub';

const [connectionString, group, message] = process.argv.slice(2);
const service = new WebPubSubServiceClient(connectionString, 'ViewerHub', {
  allowInsecureConnection: true,
});
await service.group(group).sendToAll(JSON.parse(message));
console.log(JSON.stringify({ sent: true }));
process.exit(0);
