// For comparison: the same two calls on Express with Microsoft's packages, written like their
// samples. usage: node express.mjs PORT CONNECTION_STRING
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubEventHandler } from '@azure/web-pubsub-express';
import express from 'express';

const [port, connectionString] = process.argv.slice(2);
const service = new WebPubSubServiceClient(connectionString, 'ViewerHub', {
  allowInsecureConnection: true,
});
const handler = new WebPubSubEventHandler('ViewerHub', {
  path: '/api/message_event',
  handleUserEvent: (request, response) => {
    const frame = JSON.parse(request.data);
    response.success(JSON.stringify({ type: 'pong', timestamp: frame.timestamp }), 'json');
  },
});
const app = express();
app.use(handler.getMiddleware());
app.get('/api/negotiate', async (request, response) => {
  const { room_id: room, username: userId } = request.query;
  const roles = [`webpubsub.joinLeaveGroup.${room}`, `webpubsub.sendToGroup.${room}`];
  const { url } = await service.getClientAccessToken({ userId, roles, groups: [room] });
  response.json({ url, userId, roles, hub: 'ViewerHub', room, expiresIn: 3600 });
});
app.listen(+port, '127.0.0.1');
