// Using query string
const ws = new WebSocket('ws://localhost:8000/ws/notifications/?token=YOUR_JWT_TOKEN');

// Using headers (if your client supports it)
const ws = new WebSocket('ws://localhost:8000/ws/notifications/');
// Set Authorization header: Bearer YOUR_JWT_TOKEN

ws.onmessage = (event) => {
  const data = JSON.parse(event.data);

  if (data.type === 'connection.established') {
    console.log('Connected:', data.message);
    console.log('User ID:', data.user_id);
  }

  if (data.type === 'notification') {
    console.log('Notification:', data.notification);
    // data.notification contains: { title, body, timestamp, ... }
  }
};

// Send ping
ws.send(JSON.stringify({
  type: 'ping',
  timestamp: new Date().toISOString()
}));

// Receive pong
// { type: 'pong', timestamp: '...' }

const orgId = '123e4567-e89b-12d3-a456-426614174000';
const ws = new WebSocket(`ws://localhost:8000/ws/events/${orgId}/?token=YOUR_JWT_TOKEN`);

ws.onmessage = (event) => {
  const data = JSON.parse(event.data);

  if (data.type === 'connection.established') {
    console.log('Connected to org:', data.org_id);
  }

  if (data.type === 'event') {
    console.log('Event type:', data.event_type);
    console.log('Event data:', data.data);
    // Example: event_type = "user.joined", data = { user_id, user_email, timestamp }
  }
};
