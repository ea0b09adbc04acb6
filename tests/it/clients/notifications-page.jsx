import { useEffect, useRef, useState } from 'react';

function useNotifications(token) {
  const [notifications, setNotifications] = useState([]);
  const ws = useRef(null);

  useEffect(() => {
    if (!token) return;

    // Connect to WebSocket
    ws.current = new WebSocket(
      `ws://localhost:8000/ws/notifications/?token=${token}`
    );

    ws.current.onopen = () => {
      console.log('WebSocket connected');
    };

    ws.current.onmessage = (event) => {
      const data = JSON.parse(event.data);

      if (data.type === 'notification') {
        setNotifications(prev => [...prev, data.notification]);
      }
    };

    ws.current.onerror = (error) => {
      console.error('WebSocket error:', error);
    };

    ws.current.onclose = () => {
      console.log('WebSocket disconnected');
    };

    // Cleanup on unmount
    return () => {
      if (ws.current) {
        ws.current.close();
      }
    };
  }, [token]);

  return notifications;
}

// Usage
function NotificationPanel() {
  const token = localStorage.getItem('jwt_token');
  const notifications = useNotifications(token);

  return (
    <div>
      <h2>Notifications</h2>
      {notifications.map((notif, idx) => (
        <div key={idx}>
          <h3>{notif.title}</h3>
          <p>{notif.body}</p>
        </div>
      ))}
    </div>
  );
}
