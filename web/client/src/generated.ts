export interface ClientFrames { ping: { type: 'ping' } }
export interface ServerFrames {
  pong: { type: 'pong' };
  error: { type: 'error'; error: string };
  authenticated: { type: 'authenticated'; expires_at?: string | null };
  MESSAGE: { type: 'MESSAGE'; chatId: string; message: { id: string; seq: number; content: string; senderId: string; senderName: string; createdAt: string } };
  message: { type: 'message'; message_id: string; seq: number; content: string; sender_id: string; sender_name: string; created_at: string };
  CHAT_HISTORY: { type: 'CHAT_HISTORY'; messages: ServerFrames['MESSAGE']['message'][]; lastSeq: number; hasMore: boolean };
  history: { type: 'history'; messages: ServerFrames['message'][]; last_seq: number; has_more: boolean };
  MESSAGE_SENT: { type: 'MESSAGE_SENT'; message: ServerFrames['MESSAGE']['message'] };
  message_sent: { type: 'message_sent'; seq: number };
  typing: { type: 'typing'; sender_id: string; sender_name: string; is_typing: boolean };
  read: { type: 'read'; user_id: string; seq: number };
  CHATS: { type: 'CHATS'; chats: Chat[]; nextCursor?: string | null };
  CHAT_CREATED: { type: 'CHAT_CREATED'; chat: Chat };
  CHAT_UPDATED: { type: 'CHAT_UPDATED'; chat: Chat };
  CHAT_DELETED: { type: 'CHAT_DELETED'; chatId: string };
  audio_received: { type: 'audio_received'; missing?: number[] | null };
  audio_summary: { type: 'audio_summary'; chunks: number; bytes: number; durationSeconds?: number | null; missing: number[] };
}
export interface Chat { id: string; name: string; ownerId: string; members?: string[] | null; createdAt: string; lastMessageAt?: string | null; lastSeq: number; unread: number }
