//! `read`: how far the user has read, stored and shown to everyone in the conversation.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::access::binding::AuthLevel;
use crate::azure::web_pubsub::join_with_timeout;
use crate::conversation::{Conversation, ConversationError, ConversationState, index};
use crate::ids::user_id::UserId;

#[derive(Debug, PartialEq)]
pub struct MarkRead {
    pub conversation: Option<Conversation>,
    pub seq: u64,
}

/// What everyone receives.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "read")]
pub(super) struct ReadFrame<'a> {
    user_id: &'a UserId,
    seq: u64,
    #[serde(flatten)]
    conversation: &'a Conversation,
}

impl MarkRead {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let seq = fields.counter("seq")?;
        let seq = seq.ok_or_else(|| FrameError::missing("seq"))?;
        if seq == 0 {
            return Err(FrameError::invalid("seq", "a number from 1 on"));
        }
        Ok(Self {
            conversation: fields.conversation()?,
            seq,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let store = &*call.app.store;
        let conversation = call.conversation(self.conversation)?;
        let state = ConversationState::read(store, &conversation).await?;
        call.author(&conversation).can_read(&state)?;
        if self.seq > state.head.seq {
            return Err(FrameError::invalid(
                "seq",
                "the `seq` of a message that exists",
            ));
        }
        let user = &call.binding().user;
        // Anybody may take an anonymous id, so nothing is kept under it.
        if call.binding().level != AuthLevel::Anonymous {
            let now = call.app.clock.now();
            index::set_read_position(store, user, &conversation, self.seq, now)
                .await
                .map_err(ConversationError::from)?;
        }
        let frame = ReadFrame {
            user_id: user,
            seq: self.seq,
            conversation: &conversation,
        };
        let group = conversation.group();
        let sending = call.app.courier.to_group(&group, &frame);
        if let Err(error) = join_with_timeout([sending]).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to broadcast a read position in {conversation}"
            );
        }
        Ok(None)
    }
}
