//! `RENAME_CHAT`, by the chat's owner.

use super::call::Call;
use super::chat_group::{ChatGroup, ChatUpdated};
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::conversation::chat::{self, Change};
use crate::ids::target::ChatId;

#[derive(Debug, PartialEq)]
pub struct RenameChat {
    pub chat: ChatId,
    pub name: String,
}

impl RenameChat {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let name = fields.text("name")?.to_owned();
        Ok(Self {
            chat: fields.chat_id()?,
            name,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let (store, user) = (&*call.app.store, &call.binding().user);
        let changed = chat::change(store, &self.chat, user, &Change::Rename(self.name)).await?;
        let updated = ChatUpdated { chat: changed.view };
        let group = ChatGroup::new(call.app, &self.chat);
        let caller = call.connection.id();
        group.notify_others(caller, &changed.guard, &updated).await;
        Ok(Some(Reply::of(&updated)))
    }
}
