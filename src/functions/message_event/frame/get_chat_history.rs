//! `GET_CHAT_HISTORY`: a page of a chat's messages.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::conversation::Conversation;
use crate::conversation::history::{self, Page, Part};
use crate::conversation::message::ChatMessageView;
use crate::ids::target::ChatId;

#[derive(Debug, PartialEq)]
pub struct GetChatHistory {
    pub chat: ChatId,
    pub part: Part,
    pub limit: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "CHAT_HISTORY", rename_all = "camelCase")]
pub(super) struct ChatHistory {
    chat_id: ChatId,
    messages: Vec<ChatMessageView>,
    last_seq: u64,
    has_more: bool,
}

impl GetChatHistory {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let chat = fields.chat_id()?;
        // A frame that names two conversations is refused, as everywhere.
        fields.conversation()?;
        Ok(Self {
            chat,
            part: Part::new(fields.counter("before")?, fields.counter("after")?)?,
            limit: fields.counter("limit")?,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        reply(call, self.chat, self.part, self.limit).await
    }
}

/// `history` may name a chat as well.
pub(super) async fn reply(
    call: &mut Call<'_>,
    chat: ChatId,
    part: Part,
    limit: Option<u64>,
) -> Result<Option<Reply>, FrameError> {
    let page = read_page(call, &Conversation::Chat(chat.clone()), part, limit).await?;
    Ok(Some(Reply::of(&ChatHistory {
        chat_id: chat,
        messages: page.messages.iter().map(ChatMessageView::from).collect(),
        last_seq: page.last_seq,
        has_more: page.has_more,
    })))
}

/// Joins a chat before reading, so that no message falls between the page and the broadcasts.
pub(super) async fn read_page(
    call: &mut Call<'_>,
    conversation: &Conversation,
    part: Part,
    limit: Option<u64>,
) -> Result<Page, FrameError> {
    let mut state = call.readable(conversation).await?;
    if let Conversation::Chat(id) = conversation {
        state = call.join(id, state).await?;
    }
    let store = &*call.app.store;
    Ok(history::page(store, conversation, &state, part, limit).await?)
}
