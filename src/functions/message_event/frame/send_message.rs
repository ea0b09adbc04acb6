//! `SEND_MESSAGE`: posts in a chat.

use serde::Serialize;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::post_message::{post_from, read_input};
use super::reply::Reply;
use crate::conversation::Conversation;
use crate::conversation::message::{ChatMessageView, MessageInput};
use crate::ids::target::ChatId;

#[derive(Debug, PartialEq)]
pub struct SendMessage {
    pub chat: ChatId,
    pub input: MessageInput,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "MESSAGE_SENT", rename_all = "camelCase")]
struct MessageSent {
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

    /// The connection joins the chat's group with its first message, so that it receives it.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let Self { chat, input } = self;
        let conversation = Conversation::Chat(chat.clone());
        let must_join = !call.connection.has_joined(&chat);
        let join = must_join.then(|| call.connection.id().to_owned());
        let posted = post_from(call, &conversation, input, join).await?;
        if posted.joined {
            call.connection.note_joined(chat.clone());
        }
        Ok(Some(Reply::of(&MessageSent {
            chat_id: chat,
            message: (&posted.message).into(),
            duplicate: posted.duplicate,
        })))
    }
}
