//! `SEND_MESSAGE`: posts in a chat.

use serde::Serialize;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::post_message::{post_from, read_input};
use super::reply::Reply;
use crate::access::binding::AuthLevel;
use crate::conversation::chat::ChatJoin;
use crate::conversation::log::Posted;
use crate::conversation::message::{ChatMessageView, MessageInput};
use crate::conversation::{Conversation, index};
use crate::ids::target::ChatId;

#[derive(Debug, PartialEq)]
pub struct SendMessage {
    pub chat: ChatId,
    pub input: MessageInput,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename = "MESSAGE_SENT", rename_all = "camelCase")]
pub(super) struct MessageSent {
    chat_id: ChatId,
    message: ChatMessageView,
    duplicate: bool,
}

impl SendMessage {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            chat: fields.chat_id()?,
            input: read_input(&fields.object("message")?)?,
        })
    }

    /// The connection joins the chat's group with its first message, so that it receives it. Once
    /// the message is stored it is acknowledged, even if the connection may not stay in the group.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let Self { chat, input } = self;
        let conversation = Conversation::Chat(chat.clone());
        let joined_under = call.connection.joined_under(&chat);
        let join = ChatJoin::new(call.connection.id().to_owned(), joined_under);
        let posted = post_from(call, &conversation, input, Some(join)).await?;
        if let Err(error) = join_after(call, &chat, &posted).await {
            tracing::debug!(
                connection.id = call.connection.id(),
                "not in the group of chat {chat}: {}",
                error.message
            );
        }
        note_spoke(call, &chat, posted.message.seq);
        Ok(Some(Reply::of(&MessageSent {
            chat_id: chat,
            message: (&posted.message).into(),
            duplicate: posted.duplicate,
        })))
    }
}

/// A repeat is not sent again, so it did not join: a client that comes back with one joins here.
async fn join_after(call: &mut Call<'_>, chat: &ChatId, posted: &Posted) -> Result<(), FrameError> {
    if let Some(membership) = posted.joined {
        call.confirm_joined(chat, membership).await?;
    } else if posted.duplicate && call.connection.joined_under(chat).is_none() {
        let state = call.readable(&Conversation::Chat(chat.clone())).await?;
        call.join(chat, state).await?;
    }
    Ok(())
}

/// Records with the connection's first message in the chat that the user turned to it, so that its
/// next connections join the chat first. That happens beside the answer, which does not wait for
/// it. Nothing is recorded of anonymous users, who may take any name.
fn note_spoke(call: &mut Call<'_>, chat: &ChatId, seq: u64) {
    if call.binding().level == AuthLevel::Anonymous || !call.connection.note_spoke(chat) {
        return;
    }
    let (store, user) = (call.app.store.clone(), call.binding().user.clone());
    let (now, chat) = (call.app.clock.now(), Conversation::Chat(chat.clone()));
    tokio::spawn(async move {
        if let Err(error) = index::set_read_position(&*store, &user, &chat, seq, now).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "failed to record that {user} spoke in {chat}"
            );
        }
    });
}
