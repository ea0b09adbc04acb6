//! The fields of the frames that clients send, for the OpenAPI document. The frames themselves read
//! their fields one by one, so that an error names the field; a test of `schemas.rs` compares the
//! two.
#![expect(dead_code, reason = "these structs only describe frames")]

use serde::Deserialize;
use utoipa::ToSchema;

use crate::ids::target::{ChatId, RoomId, SessionId};
use crate::ids::user_id::UserId;

/// A time as the client writes it: it is given back or compared.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum ClientTime {
    Text(String),
    Number(f64),
}

/// Answered with `pong`.
#[derive(Deserialize, ToSchema)]
pub(super) struct Ping {
    timestamp: Option<ClientTime>,
}

/// Answered with `test_response`.
#[derive(Deserialize, ToSchema)]
pub(super) struct Test {
    message: String,
    timestamp: Option<ClientTime>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AudioFormat {
    Webm,
    Ogg,
    Mp3,
    Mp4,
    Wav,
}

/// Answered with `audio_started`. An unfinished recording is dropped.
#[derive(Deserialize, ToSchema)]
pub(super) struct AudioStart {
    /// Records the stream; `audio_transcript` follows its end.
    #[schema(example = false)]
    transcribe: Option<bool>,
    /// Of the chunks, put together. Required for a transcript.
    format: Option<AudioFormat>,
}

/// Answered with `audio_received`.
#[derive(Deserialize, ToSchema)]
pub(super) struct Audio {
    /// Base64 of at most 512 KiB.
    #[schema(example = "AAAA")]
    data: String,
    timestamp: Option<ClientTime>,
    sequence: Option<u64>,
}

/// Answered with `audio_summary`.
#[derive(Deserialize, ToSchema)]
pub(super) struct AudioEnd {}

/// Answered with `authenticated`.
#[derive(Deserialize, ToSchema)]
pub(super) struct Authenticate {
    /// A JWT of the same user.
    token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ChatScope {
    All,
    Mine,
    Open,
}

/// Answered with `CHATS`.
#[derive(Deserialize, ToSchema)]
pub(super) struct GetChats {
    scope: Option<ChatScope>,
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<ChatId>,
}

/// Answered with `CHAT_CREATED`.
#[derive(Deserialize, ToSchema)]
pub(super) struct CreateChat {
    name: String,
    members: Option<Vec<UserId>>,
    #[schema(example = false)]
    assistant: Option<bool>,
}

/// Answered with `CHAT_UPDATED`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenameChat {
    chat_id: ChatId,
    name: String,
}

/// Answered with `CHAT_UPDATED`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetChatMembers {
    chat_id: ChatId,
    members: Vec<UserId>,
}

/// Answered with `CHAT_DELETED`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteChat {
    chat_id: ChatId,
}

/// A file that was uploaded before.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UploadedFile {
    #[schema(example = "0197a4e5-0f4e-7c3e-8f1c-2d8b6b0f9a11")]
    file_id: String,
}

/// `content` may be left out if there is a `file`.
#[derive(Deserialize, ToSchema)]
struct NewChatMessage {
    content: String,
    /// Recognises repeats: 1 to 200 characters.
    id: Option<String>,
    file: Option<UploadedFile>,
}

/// Answered with `MESSAGE_SENT`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendMessage {
    chat_id: ChatId,
    message: NewChatMessage,
}

/// Answered with `MESSAGE_SENT`, whose `messageId` the answer will have.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ask {
    chat_id: ChatId,
    content: String,
    /// Recognises repeats: 1 to 200 characters.
    id: Option<String>,
}

/// Everyone in the chat sees how the answer ends.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssistantCancel {
    chat_id: ChatId,
    #[schema(example = "0190c6c2-2f3b-7a5e-8a53-0f5a5f0a2b11")]
    message_id: String,
}

/// Answered with `CHAT_HISTORY`. Without `before` and `after`: the newest messages.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetChatHistory {
    chat_id: ChatId,
    before: Option<u64>,
    after: Option<u64>,
    limit: Option<u64>,
}

/// With a `requestId` answered with `message_sent`. The conversation may be left out on a
/// connection that is bound to only one.
#[derive(Deserialize, ToSchema)]
pub(super) struct PostMessage {
    /// May be left out if there is a `file`.
    content: String,
    /// Recognises repeats: 1 to 200 characters.
    id: Option<String>,
    file: Option<UploadedFile>,
    room_id: Option<RoomId>,
    session_id: Option<SessionId>,
}

/// Answered with `history`.
#[derive(Deserialize, ToSchema)]
pub(super) struct History {
    room_id: Option<RoomId>,
    session_id: Option<SessionId>,
    before: Option<u64>,
    after: Option<u64>,
    limit: Option<u64>,
}

/// Shown to the others.
#[derive(Deserialize, ToSchema)]
pub(super) struct Typing {
    is_typing: bool,
    #[serde(rename = "chatId")]
    chat_id: Option<ChatId>,
    room_id: Option<RoomId>,
    session_id: Option<SessionId>,
}

/// Shown to everyone, and stored.
#[derive(Deserialize, ToSchema)]
pub(super) struct MarkRead {
    #[schema(example = 1)]
    seq: u64,
    #[serde(rename = "chatId")]
    chat_id: Option<ChatId>,
    room_id: Option<RoomId>,
    session_id: Option<SessionId>,
}
