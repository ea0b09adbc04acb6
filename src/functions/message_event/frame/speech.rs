//! Frames about what is said: in a chat, a room or a session.

use serde::Serialize;
use uuid::Uuid;

use super::code::FrameError;
use super::fields::{Fields, Place};
use crate::conversation::history::{Page, Part};
use crate::conversation::log::Appended;
use crate::conversation::message::{ChatMessageView, RoomMessageView};
use crate::conversation::{Conversation, message};
use crate::ids::target::ChatId;

/// What somebody says: `SEND_MESSAGE` in a chat, `message` elsewhere.
#[derive(Debug, PartialEq)]
pub struct MessageInput {
    pub content: String,
    /// By which the client knows a repeat of it.
    pub id: Option<String>,
    /// Uploaded before.
    pub file: Option<Uuid>,
}

/// `SEND_MESSAGE`
#[derive(Debug, PartialEq)]
pub struct SendMessage {
    pub chat: ChatId,
    pub words: MessageInput,
}

/// `message`
#[derive(Debug, PartialEq)]
pub struct PostMessage {
    pub place: Option<Place>,
    pub words: MessageInput,
}

/// `GET_CHAT_HISTORY`, `history`
#[derive(Debug, PartialEq)]
pub struct GetHistory {
    pub place: Option<Place>,
    pub part: Part,
    pub limit: Option<u64>,
}

/// `typing`
#[derive(Debug, PartialEq)]
pub struct Typing {
    pub place: Option<Place>,
    pub is_typing: bool,
}

/// `read`
#[derive(Debug, PartialEq)]
pub struct MarkRead {
    pub place: Option<Place>,
    pub seq: u64,
}

/// `MESSAGE_SENT`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageSent {
    chat_id: ChatId,
    message: ChatMessageView,
    duplicate: bool,
}

/// `message_sent`
#[derive(Debug, Serialize)]
pub struct MessageSent {
    message_id: Uuid,
    seq: u64,
    duplicate: bool,
}

/// `CHAT_HISTORY`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatHistory {
    chat_id: ChatId,
    messages: Vec<ChatMessageView>,
    last_seq: u64,
    has_more: bool,
}

/// `history`
#[derive(Debug, Serialize)]
pub struct History {
    #[serde(flatten)]
    conversation: Conversation,
    messages: Vec<RoomMessageView>,
    last_seq: u64,
    has_more: bool,
}

impl MessageInput {
    fn read(fields: &Fields) -> Result<Self, FrameError> {
        let id = fields.get("id").map(|_| fields.text("id")).transpose()?;
        if let Some(id) = id {
            message::check_client_id(id)?;
        }
        let file = fields.file()?;
        let content = match (fields.get("content"), file) {
            (None, Some(_)) => "",
            _ => fields.text("content")?,
        };
        message::check_content(content, file.is_some())?;
        Ok(Self {
            content: content.to_owned(),
            id: id.map(str::to_owned),
            file,
        })
    }
}

impl SendMessage {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            chat: fields.chat_id()?,
            words: MessageInput::read(&fields.object("message")?)?,
        })
    }
}

impl PostMessage {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            place: fields.place()?,
            words: MessageInput::read(fields)?,
        })
    }
}

impl GetHistory {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let (before, after) = (fields.counter("before")?, fields.counter("after")?);
        Ok(Self {
            place: fields.place()?,
            part: Part::new(before, after)?,
            limit: fields.counter("limit")?,
        })
    }

    pub(super) fn of_chat(fields: &Fields) -> Result<Self, FrameError> {
        let chat = fields.chat_id()?;
        Ok(Self {
            place: Some(Place::Chat(chat)),
            ..Self::read(fields)?
        })
    }
}

impl Typing {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let is_typing = fields.flag("is_typing")?;
        Ok(Self {
            place: fields.place()?,
            is_typing: is_typing.ok_or_else(|| FrameError::missing("is_typing"))?,
        })
    }
}

impl MarkRead {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let seq = fields.counter("seq")?;
        Ok(Self {
            place: fields.place()?,
            seq: seq.ok_or_else(|| FrameError::missing("seq"))?,
        })
    }
}

impl ChatMessageSent {
    pub fn new(chat_id: ChatId, appended: &Appended) -> Self {
        Self {
            chat_id,
            message: (&appended.message).into(),
            duplicate: appended.duplicate,
        }
    }
}

impl From<&Appended> for MessageSent {
    fn from(appended: &Appended) -> Self {
        Self {
            message_id: appended.message.uuid,
            seq: appended.message.seq,
            duplicate: appended.duplicate,
        }
    }
}

impl ChatHistory {
    pub fn new(chat_id: ChatId, page: &Page) -> Self {
        Self {
            chat_id,
            messages: page.messages.iter().map(ChatMessageView::from).collect(),
            last_seq: page.last_seq,
            has_more: page.has_more,
        }
    }
}

impl History {
    pub fn new(conversation: Conversation, page: &Page) -> Self {
        let spelled = |message| RoomMessageView::of(message, &conversation);
        Self {
            messages: page.messages.iter().map(spelled).collect(),
            last_seq: page.last_seq,
            has_more: page.has_more,
            conversation,
        }
    }
}
