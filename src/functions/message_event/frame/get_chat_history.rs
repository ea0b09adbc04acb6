//! `GET_CHAT_HISTORY`: a page of a chat's messages.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::assistant::AnswerProgress;
use crate::conversation::history::{self, Page, Part};
use crate::conversation::message::ChatMessageView;
use crate::conversation::{Conversation, ConversationState};
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answering: Vec<AnswerProgress>,
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
    let conversation = Conversation::Chat(chat.clone());
    let state = open(call, &conversation).await?;
    let (store, clock) = (&*call.app.store, &call.app.clock);
    // Before the page: an answer that ends in between is in the page.
    let answering = AnswerProgress::read(store, clock, &conversation, &state).await?;
    let page = history::page(store, &conversation, &state, part, limit).await?;
    Ok(Some(Reply::of(&ChatHistory {
        chat_id: chat,
        messages: page.messages.iter().map(ChatMessageView::from).collect(),
        last_seq: page.last_seq,
        has_more: page.has_more,
        answering,
    })))
}

pub(super) async fn read_page(
    call: &mut Call<'_>,
    conversation: &Conversation,
    part: Part,
    limit: Option<u64>,
) -> Result<Page, FrameError> {
    let state = open(call, conversation).await?;
    let store = &*call.app.store;
    Ok(history::page(store, conversation, &state, part, limit).await?)
}

/// Joins a chat before it is read, so that no message falls between the page and the broadcasts.
async fn open(
    call: &mut Call<'_>,
    conversation: &Conversation,
) -> Result<ConversationState, FrameError> {
    let state = call.readable(conversation).await?;
    match conversation {
        Conversation::Chat(id) => call.join(id, state).await,
        Conversation::Room(_) | Conversation::Session(_) => Ok(state),
    }
}
