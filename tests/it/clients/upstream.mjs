// Microsoft's handler for Express, to check what events look like: it receives the requests that our
// tests send to our handler, and reports what it read from them.
import { WebPubSubEventHandler } from '@azure/web-pubsub-express';
import express from 'express';

const understood = [];
const handler = new WebPubSubEventHandler('ViewerHub', {
  path: '/api/connect_event',
  allowedEndpoints: ['http://localhost:9'],
  handleConnect: (request, response) => {
    understood.push({ event: 'connect', user: request.context.userId, query: request.query });
    response.setState('counter', 1);
    response.success({ userId: 'alice', groups: ['g'], roles: ['r'], subprotocol: 's' });
  },
  handleUserEvent: (request, response) => {
    const { context, data, dataType } = request;
    understood.push({ event: context.eventName, user: context.userId, data, dataType });
    response.success('reply', 'text');
  },
  onConnected: (request) => understood.push({ event: 'connected', user: request.context.userId }),
});
const app = express();
app.use(handler.getMiddleware());
app.get('/understood', (_, response) => response.json(understood));
const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
process.stdin.on('end', () => process.exit(0)).resume();
