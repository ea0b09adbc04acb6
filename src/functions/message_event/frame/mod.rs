//! Frames: what a client says over its socket and what it hears back. One file a frame, with its
//! parse, its rule and its reply; what is more than a frame (audio) has a module of its own.

pub mod audio;
pub mod code;
pub mod fields;

mod authenticate;
mod chats;
mod parse;
mod ping;
mod speech;
mod test;

pub use authenticate::{Authenticate, Authenticated, Renewal};
pub use chats::{ChangeChat, ChatEvent, Chats, CreateChat, DeletedChat, GetChats};
pub use code::{Code, FrameError};
pub use parse::{Incoming, parse};
pub use ping::{Ping, Pong};
pub use speech::{
    ChatHistory, ChatMessageSent, GetHistory, History, MarkRead, MessageInput, MessageSent,
    PostMessage, SendMessage, Typing,
};
pub use test::{TestReply, TestRequest};

use fields::Fields;
use serde::Serialize;
use serde_json::Value;

use crate::functions::message_event::frame::audio::{AudioChunk, AudioReceived, AudioSummary};

/// A frame that was understood.
#[derive(Debug, PartialEq)]
pub enum Frame {
    Ping(Ping),
    Test(TestRequest),
    Audio(AudioChunk),
    AudioEnd,
    Authenticate(Authenticate),
    GetChats(GetChats),
    CreateChat(CreateChat),
    ChangeChat(ChangeChat),
    SendMessage(SendMessage),
    PostMessage(PostMessage),
    GetHistory(GetHistory),
    Typing(Typing),
    MarkRead(MarkRead),
}

impl Frame {
    /// Picks the parser by the frame's type.
    fn read(kind: &str, fields: &Fields) -> Result<Self, FrameError> {
        match kind {
            "ping" => Ping::read(fields).map(Self::Ping),
            "test" => TestRequest::read(fields).map(Self::Test),
            "audio" => AudioChunk::read(fields).map(Self::Audio),
            "audio.end" => Ok(Self::AudioEnd),
            "authenticate" => Authenticate::read(fields).map(Self::Authenticate),
            "GET_CHATS" => GetChats::read(fields).map(Self::GetChats),
            "CREATE_CHAT" => CreateChat::read(fields).map(Self::CreateChat),
            "RENAME_CHAT" => ChangeChat::rename(fields).map(Self::ChangeChat),
            "SET_CHAT_MEMBERS" => ChangeChat::set_members(fields).map(Self::ChangeChat),
            "DELETE_CHAT" => ChangeChat::delete(fields).map(Self::ChangeChat),
            "SEND_MESSAGE" => SendMessage::read(fields).map(Self::SendMessage),
            "GET_CHAT_HISTORY" => GetHistory::of_chat(fields).map(Self::GetHistory),
            "message" => PostMessage::read(fields).map(Self::PostMessage),
            "history" => GetHistory::read(fields).map(Self::GetHistory),
            "typing" => Typing::read(fields).map(Self::Typing),
            "read" => MarkRead::read(fields).map(Self::MarkRead),
            _ => Err(FrameError::new(
                Code::UnknownType,
                "no frame of this type is known here",
            )),
        }
    }
}

/// What goes back to the client that sent the frame.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    Pong(Pong),
    TestResponse(TestReply),
    AudioReceived(AudioReceived),
    AudioSummary(AudioSummary),
    Authenticated(Authenticated),
    #[serde(rename = "CHATS")]
    Chats(Chats),
    #[serde(rename = "CHAT_CREATED")]
    ChatCreated(ChatEvent),
    #[serde(rename = "CHAT_UPDATED")]
    ChatUpdated(ChatEvent),
    #[serde(rename = "CHAT_DELETED")]
    ChatDeleted(DeletedChat),
    #[serde(rename = "MESSAGE_SENT")]
    ChatMessageSent(ChatMessageSent),
    #[serde(rename = "CHAT_HISTORY")]
    ChatHistory(ChatHistory),
    MessageSent(MessageSent),
    History(History),
    /// To a frame that has no reply of its own, when it asked for one by a `requestId`.
    Ok,
    Error(FrameError),
}

impl Reply {
    /// The reply as it goes over the wire, with the id that the request bore.
    pub fn to_json(&self, request_id: Option<&Value>) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            #[serde(flatten)]
            reply: &'a Reply,
            #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
            request_id: Option<&'a Value>,
        }
        let wire = Wire {
            reply: self,
            request_id,
        };
        serde_json::to_vec(&wire).unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a reply cannot be written"
            );
            br#"{"type":"error","error":"internal","message":"the reply cannot be written"}"#
                .to_vec()
        })
    }
}
