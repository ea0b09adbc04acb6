//! `SET_CHAT_MEMBERS`, by the chat's owner.

use super::call::Call;
use super::chat_group::{ChatGroup, ChatUpdated, Joined};
use super::code::{Code, FrameError};
use super::fields::Fields;
use super::reply::Reply;
use crate::conversation::chat::{self, Change};
use crate::ids::target::{Channel, ChatId};
use crate::ids::user_id::UserId;

#[derive(Debug, PartialEq)]
pub struct SetChatMembers {
    pub chat: ChatId,
    pub members: Vec<UserId>,
}

impl SetChatMembers {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let members = fields.users("members")?;
        let members = members.ok_or_else(|| FrameError::missing("members"))?;
        Ok(Self {
            chat: fields.chat_id()?,
            members,
        })
    }

    /// Removed members must hear nothing more, so they leave the group before anything is
    /// announced. If that fails, the same frame again does the rest.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let (store, user) = (&*call.app.store, &call.binding().user);
        let change = Change::Members(self.members);
        let changed = chat::change(store, &self.chat, user, &change).await?;
        let group = ChatGroup::new(call.app, &self.chat);
        let guard = &changed.guard;
        group.evict_others(guard).await.map_err(may_still_listen)?;
        let joined = group.join_members(guard).await;
        let joined = joined.map_err(may_still_listen)?;
        if joined == Joined::All && call.binding().has_channel(Channel::Chats) {
            let chat = self.chat.clone();
            call.connection.note_joined(chat, guard.membership);
        }
        let updated = ChatUpdated { chat: changed.view };
        if joined != Joined::Overtaken {
            let caller = call.connection.id();
            group.notify_others(caller, guard, &updated).await;
        }
        Ok(Some(Reply::of(&updated)))
    }
}

fn may_still_listen(error: impl std::error::Error + Send + Sync + 'static) -> FrameError {
    FrameError::new(
        Code::Unavailable,
        "the members are changed, but removed users may still listen: send it again",
    )
    .caused_by(error)
}
