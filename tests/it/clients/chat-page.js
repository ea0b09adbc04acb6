// Connect to WebSocket
const socket = new WebSocket('ws://localhost:8080/ws');

// Get all chats
socket.send(JSON.stringify({ type: 'GET_CHATS' }));

// Create a new chat
socket.send(JSON.stringify({ 
  type: 'CREATE_CHAT', 
  name: 'My New Chat' 
}));

// Get chat history
socket.send(JSON.stringify({ 
  type: 'GET_CHAT_HISTORY', 
  chatId: 'chat-id-here' 
}));

// Send a message
socket.send(JSON.stringify({ 
  type: 'SEND_MESSAGE', 
  chatId: 'chat-id-here', 
  message: {
    content: 'Hello, world!',
    id: 'unique-message-id'
  }
}));

// Delete a chat
socket.send(JSON.stringify({ 
  type: 'DELETE_CHAT', 
  chatId: 'chat-id-here' 
}));

// Handle responses
socket.onmessage = (event) => {
  const response = JSON.parse(event.data);
  console.log(response);
};
