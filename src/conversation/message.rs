//! A message: the record that is stored, and the two forms in which clients receive it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::attachment::{Attachment, FileNote};
use super::chat::ChatJoin;
pub use super::keys::DedupKey;
use super::{Author, Conversation, ConversationError, ConversationState};
use crate::clock::rfc3339;
use crate::ids::user_id::{self, UserId};

const MAX_CONTENT: usize = 2000;
/// Trimmed characters alone would let anybody store megabytes of white space.
const MAX_CONTENT_BYTES: usize = 16 * 1024;
const MAX_CLIENT_ID: usize = 200;

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub uuid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    pub seq: u64,
    pub content: String,
    #[serde(deserialize_with = "user_id::sender")]
    pub sender: UserId,
    pub sender_name: String,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileNote>,
}

/// The part of a message that its sender writes, within its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageInput {
    pub content: String,
    /// The client's own id, by which a repeat is recognised.
    pub id: Option<String>,
    /// A file that was uploaded before.
    pub file: Option<Uuid>,
}

impl MessageInput {
    pub fn new(
        content: String,
        id: Option<String>,
        file: Option<Uuid>,
    ) -> Result<Self, InvalidMessage> {
        if let Some(id) = &id
            && !(1..=MAX_CLIENT_ID).contains(&id.chars().count())
        {
            return Err(InvalidMessage::Id);
        }
        check_content(&content, file.is_some())?;
        Ok(Self { content, id, file })
    }
}

/// Text within its limits. It is kept as it was sent, so its white space counts in bytes.
fn check_content(content: &str, has_file: bool) -> Result<(), InvalidMessage> {
    if content.len() > MAX_CONTENT_BYTES {
        return Err(InvalidMessage::TooLarge);
    }
    let length = content.trim().chars().count();
    match length {
        0 if !has_file => Err(InvalidMessage::Empty),
        0..=MAX_CONTENT => Ok(()),
        _ => Err(InvalidMessage::TooLong),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    #[error("a message is not empty")]
    Empty,
    #[error("a message has at most 2000 characters")]
    TooLong,
    #[error("a message has at most 16 KiB, with its white space")]
    TooLarge,
    #[error("a message's `id` has 1 to 200 characters")]
    Id,
}

/// A message that is about to be stored.
#[derive(Debug, Clone)]
pub struct Draft {
    pub uuid: Uuid,
    pub content: String,
    pub client_id: Option<String>,
    pub author: Author,
    pub sender: UserId,
    /// Where it is empty, `Draft::authorize` fills in the name that the conversation knows.
    pub sender_name: String,
    pub attachment: Option<Attachment>,
    pub dedup_key: DedupKey,
    /// A connection that joins the conversation's group once the message is stored, before it is
    /// sent, so that it receives its own message.
    pub join: Option<ChatJoin>,
}

impl Draft {
    /// Checks author and file against the conversation as it was just read.
    pub(super) fn authorize(&mut self, state: &ConversationState) -> Result<(), ConversationError> {
        if let Some(attachment) = &self.attachment {
            attachment.check(state)?;
        }
        self.author.can_post(state)?;
        if self.sender_name.is_empty() {
            self.sender_name = self.author.name_of(&self.sender, state)?;
        }
        if let Some(join) = &mut self.join {
            join.decide(state)?;
        }
        Ok(())
    }

    /// The size of its text as a record holds it, where each quote or control character takes
    /// several bytes.
    pub(super) fn encoded_size(&self) -> usize {
        let escaped = |text: &str| {
            text.chars().fold(0, |size, c| match c {
                '"' | '\\' => size + 2,
                c if c.is_control() => size + 6,
                c => size + c.len_utf8(),
            })
        };
        escaped(&self.content) + escaped(&self.sender_name)
    }

    pub(super) fn to_message(&self, seq: u64, created_at: Timestamp) -> Message {
        Message {
            uuid: self.uuid,
            client_id: self.client_id.clone(),
            seq,
            content: self.content.clone(),
            sender: self.sender.clone(),
            sender_name: self.sender_name.clone(),
            created_at,
            file: self
                .attachment
                .as_ref()
                .map(|attached| attached.note.clone()),
        }
    }
}

/// A message as chats and the REST API show it. `id` is the client's, if it gave one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub struct ChatMessageView {
    id: String,
    seq: u64,
    content: String,
    sender_id: String,
    sender_name: String,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileNote>,
}

impl From<&Message> for ChatMessageView {
    fn from(message: &Message) -> Self {
        let id = message.client_id.clone();
        Self {
            id: id.unwrap_or_else(|| message.uuid.to_string()),
            seq: message.seq,
            content: message.content.clone(),
            sender_id: message.sender.to_string(),
            sender_name: message.sender_name.clone(),
            created_at: rfc3339(message.created_at),
            file: message.file.clone(),
        }
    }
}

/// A message as rooms and sessions show it. `message_id` is always ours.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RoomMessage)]
pub struct RoomMessageView {
    #[schema(value_type = String)]
    message_id: Uuid,
    content: String,
    sender_id: String,
    sender_name: String,
    created_at: String,
    seq: u64,
    #[serde(flatten)]
    conversation: Conversation,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<SessionFile>,
}

/// A file as rooms and sessions show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RoomFile)]
struct SessionFile {
    #[schema(value_type = String)]
    file_id: Uuid,
    name: String,
    content_type: String,
    size: u64,
}

impl From<FileNote> for SessionFile {
    fn from(file: FileNote) -> Self {
        Self {
            file_id: file.file_id,
            name: file.name,
            content_type: file.content_type,
            size: file.size,
        }
    }
}

impl RoomMessageView {
    pub fn of(message: &Message, conversation: &Conversation) -> Self {
        Self {
            message_id: message.uuid,
            content: message.content.clone(),
            sender_id: message.sender.to_string(),
            sender_name: message.sender_name.clone(),
            created_at: rfc3339(message.created_at),
            seq: message.seq,
            conversation: conversation.clone(),
            client_id: message.client_id.clone(),
            file: message.file.clone().map(SessionFile::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn length_is_counted_in_characters_after_trimming() {
        for good in [
            "x",
            "👩‍👩‍👧",
            "e\u{301}",
            "\0",
            &"é".repeat(2000),
            &format!("  {}  ", "😀".repeat(2000)),
        ] {
            assert_eq!(check_content(good, false), Ok(()), "{good}");
        }
        for large in [
            format!("x{}", " ".repeat(16 * 1024)),
            "\n".repeat(16 * 1024 + 1),
        ] {
            assert_eq!(check_content(&large, true), Err(InvalidMessage::TooLarge));
        }
        let largest = format!("x{}", " ".repeat(16 * 1024 - 1));
        assert_eq!(check_content(&largest, false), Ok(()));
        for empty in ["", " ", "\n\t\u{a0}\u{2003}"] {
            assert_eq!(check_content(empty, false), Err(InvalidMessage::Empty));
        }
        assert_eq!(
            check_content(&"😀".repeat(2001), false),
            Err(InvalidMessage::TooLong)
        );
    }

    #[test]
    fn a_file_needs_no_words() {
        assert_eq!(check_content("", true), Ok(()));
        assert_eq!(
            check_content(&"x".repeat(2001), true),
            Err(InvalidMessage::TooLong)
        );
    }

    proptest! {
        #[test]
        fn a_message_survives_being_stored(content in any::<String>(), client_id in any::<Option<String>>()) {
            let message = Message {
                uuid: Uuid::nil(),
                client_id,
                seq: 7,
                content,
                sender: UserId::parse("alice").unwrap(),
                sender_name: "Älice".to_owned(),
                created_at: Timestamp::from_second(1).unwrap(),
                file: None,
            };

            let read: Message = serde_json::from_str(&serde_json::to_string(&message).unwrap()).unwrap();

            prop_assert_eq!(read, message);
        }
    }
}
