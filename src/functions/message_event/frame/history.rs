//! `history`: a page of a room's or a session's messages.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::get_chat_history::read_page;
use super::reply::Reply;
use crate::conversation::Conversation;
use crate::conversation::history::Part;
use crate::conversation::message::RoomMessageView;

#[derive(Debug, PartialEq)]
pub struct History {
    pub conversation: Option<Conversation>,
    pub part: Part,
    pub limit: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "history")]
pub(super) struct HistoryPage {
    #[serde(flatten)]
    conversation: Conversation,
    messages: Vec<RoomMessageView>,
    last_seq: u64,
    has_more: bool,
}

impl History {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            conversation: fields.conversation()?,
            part: Part::new(fields.counter("before")?, fields.counter("after")?)?,
            limit: fields.counter("limit")?,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let conversation = call.conversation(self.conversation)?;
        if let Conversation::Chat(chat) = conversation {
            return super::get_chat_history::reply(call, chat, self.part, self.limit).await;
        }
        let page = read_page(call, &conversation, self.part, self.limit).await?;
        let view = |message| RoomMessageView::of(message, &conversation);
        Ok(Some(Reply::of(&HistoryPage {
            messages: page.messages.iter().map(view).collect(),
            last_seq: page.last_seq,
            has_more: page.has_more,
            conversation: conversation.clone(),
        })))
    }
}
