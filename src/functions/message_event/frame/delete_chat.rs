//! `DELETE_CHAT`, by the chat's owner.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::chat_group::ChatGroup;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::conversation::chat::{self, Change};
use crate::ids::target::ChatId;

#[derive(Debug, PartialEq)]
pub struct DeleteChat {
    pub chat: ChatId,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "CHAT_DELETED", rename_all = "camelCase")]
pub(super) struct ChatDeleted {
    chat_id: ChatId,
}

impl DeleteChat {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            chat: fields.chat_id()?,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let (store, user) = (&*call.app.store, &call.binding().user);
        let changed = chat::change(store, &self.chat, user, &Change::Delete).await?;
        if let Some(garbage) = &changed.garbage {
            call.app.sweeper.schedule(garbage).await;
        }
        let deleted = ChatDeleted { chat_id: self.chat };
        let group = ChatGroup::new(call.app, &deleted.chat_id);
        let caller = call.connection.id();
        group.notify_others(caller, &changed.guard, &deleted).await;
        Ok(Some(Reply::of(&deleted)))
    }
}
