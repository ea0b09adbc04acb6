import { useState, useEffect, useRef } from 'react';

function SessionChat({ sessionId, accessToken }) {
  const [messages, setMessages] = useState([]);
  const [inputValue, setInputValue] = useState('');
  const [isTyping, setIsTyping] = useState(false);
  const wsRef = useRef(null);
  const typingTimeoutRef = useRef(null);

  useEffect(() => {
    // Connect to WebSocket
    const ws = new WebSocket(
      `ws://localhost:8000/ws/sessions/${sessionId}/?token=${accessToken}`
    );

    ws.onopen = () => {
      console.log('WebSocket connected');
    };

    ws.onmessage = (event) => {
      const data = JSON.parse(event.data);

      if (data.type === 'message') {
        setMessages((prev) => [...prev, {
          id: data.message_id,
          content: data.content,
          senderId: data.sender_id,
          senderName: data.sender_name,
          createdAt: new Date(data.created_at),
        }]);
      } else if (data.type === 'typing') {
        setIsTyping(data.is_typing);

        // Auto-hide typing indicator after 3 seconds
        if (data.is_typing) {
          setTimeout(() => setIsTyping(false), 3000);
        }
      }
    };

    ws.onclose = (event) => {
      console.log('WebSocket closed:', event.code);

      if (event.code === 4003) {
        // Handle token expiration - refresh token and reconnect
      }
    };

    ws.onerror = (error) => {
      console.error('WebSocket error:', error);
    };

    wsRef.current = ws;

    return () => {
      ws.close();
    };
  }, [sessionId, accessToken]);

  const sendMessage = () => {
    if (!inputValue.trim() || !wsRef.current) return;

    wsRef.current.send(JSON.stringify({
      type: 'message',
      content: inputValue.trim(),
    }));

    setInputValue('');
  };

  const handleTyping = () => {
    if (!wsRef.current) return;

    // Send typing indicator
    wsRef.current.send(JSON.stringify({
      type: 'typing',
      is_typing: true,
    }));

    // Clear existing timeout
    if (typingTimeoutRef.current) {
      clearTimeout(typingTimeoutRef.current);
    }

    // Stop typing after 2 seconds of inactivity
    typingTimeoutRef.current = setTimeout(() => {
      wsRef.current.send(JSON.stringify({
        type: 'typing',
        is_typing: false,
      }));
    }, 2000);
  };

  return (
    <div>
      <div className="messages">
        {messages.map((msg) => (
          <div key={msg.id}>
            <strong>{msg.senderName}:</strong> {msg.content}
            <small>{msg.createdAt.toLocaleString()}</small>
          </div>
        ))}
        {isTyping && <div className="typing">Partner is typing...</div>}
      </div>

      <div className="input">
        <input
          type="text"
          value={inputValue}
          onChange={(e) => {
            setInputValue(e.target.value);
            handleTyping();
          }}
          onKeyPress={(e) => {
            if (e.key === 'Enter') sendMessage();
          }}
          maxLength={2000}
          placeholder="Type a message..."
        />
        <button onClick={sendMessage}>Send</button>
      </div>
    </div>
  );
}

export default SessionChat;
