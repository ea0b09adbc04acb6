//! Posting a message: the one use case behind the frames `message` and `SEND_MESSAGE` and behind
//! `POST rooms/{id}/messages`.

use uuid::Uuid;

use super::attachments::Attachments;
use super::chat::ChatJoin;
use super::keys::DedupKey;
use super::log::{MessageLog, Posted};
use super::message::{Draft, MessageInput};
use super::question::Asking;
use super::{Author, Conversation, ConversationError};
use crate::ids::user_id::UserId;

/// A message that somebody asks to post.
#[derive(Debug)]
pub struct NewMessage {
    pub uuid: Uuid,
    pub input: MessageInput,
    pub author: Author,
    pub sender: UserId,
    /// Empty where the conversation should know the name.
    pub sender_name: String,
    /// Identifies a repeat of a message that has no id of its own.
    pub fallback_key: DedupKey,
    /// See [`Draft::join`].
    pub join: Option<ChatJoin>,
    /// See [`Draft::asking`].
    pub asking: Option<Asking>,
}

/// Stores the message and sends it.
pub async fn post(
    log: &MessageLog,
    attachments: &Attachments,
    conversation: &Conversation,
    new: NewMessage,
) -> Result<Posted, ConversationError> {
    let MessageInput { content, id, file } = new.input;
    let dedup_key = match &id {
        Some(id) => DedupKey::client_id(new.sender.as_str(), id),
        None => new.fallback_key,
    };
    let attachment = attachments
        .attach(conversation, &new.sender, file, &dedup_key)
        .await?;
    let draft = Draft {
        uuid: new.uuid,
        content,
        client_id: id,
        author: new.author,
        sender: new.sender,
        sender_name: new.sender_name,
        attachment,
        dedup_key,
        join: new.join,
        asking: new.asking,
        answering: None,
    };
    log.append(conversation, draft).await
}
