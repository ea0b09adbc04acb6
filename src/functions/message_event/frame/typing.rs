//! `typing`: shown to everyone else in the conversation, and never stored.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::post_message::sender_name;
use super::reply::Reply;
use crate::azure::web_pubsub::join_with_timeout;
use crate::conversation::{Conversation, ConversationState};
use crate::ids::user_id::UserId;

#[derive(Debug, PartialEq)]
pub struct Typing {
    pub conversation: Option<Conversation>,
    pub is_typing: bool,
}

/// What others receive.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "typing")]
pub(super) struct TypingFrame<'a> {
    sender_id: &'a UserId,
    sender_name: &'a str,
    is_typing: bool,
    #[serde(flatten)]
    conversation: &'a Conversation,
}

impl Typing {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let is_typing = fields.flag("is_typing")?;
        Ok(Self {
            conversation: fields.conversation()?,
            is_typing: is_typing.ok_or_else(|| FrameError::missing("is_typing"))?,
        })
    }

    /// Whoever may post may be seen typing.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let conversation = call.conversation(self.conversation)?;
        let state = ConversationState::read(&*call.app.store, &conversation).await?;
        let author = call.author(&conversation);
        author.can_post(&state)?;
        let user = &call.binding().user;
        let mut name = sender_name(call.binding(), &conversation);
        if name.is_empty() {
            name = author.name_of(user, &state)?;
        }
        let frame = TypingFrame {
            sender_id: user,
            sender_name: &name,
            is_typing: self.is_typing,
            conversation: &conversation,
        };
        let group = conversation.group();
        let sending = call.app.courier.to_others(&group, user, &frame);
        // The client learns nothing of a failure: the next keystroke sends another.
        if let Err(error) = join_with_timeout([sending]).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "failed to broadcast typing in {conversation}"
            );
        }
        Ok(None)
    }
}
