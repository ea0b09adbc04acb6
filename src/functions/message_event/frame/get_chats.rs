//! `GET_CHATS`: the chats that the user sees.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::conversation::chat::{self, ChatView, Scope};
use crate::ids::target::{Channel, ChatId};

#[derive(Debug, PartialEq)]
pub struct GetChats {
    pub scope: Scope,
    pub limit: Option<u64>,
    pub cursor: Option<ChatId>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "CHATS", rename_all = "camelCase")]
pub(super) struct Chats {
    chats: Vec<ChatView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<ChatId>,
}

impl GetChats {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let cursor = match fields.get("cursor") {
            None => None,
            Some(_) => Some(
                fields
                    .text("cursor")?
                    .parse()
                    .map_err(|_| FrameError::invalid("cursor", "a `nextCursor` of `CHATS`"))?,
            ),
        };
        let scope = match fields
            .get("scope")
            .map(|_| fields.text("scope"))
            .transpose()?
        {
            None | Some("all") => Scope::All,
            Some("mine") => Scope::Mine,
            Some("open") => Scope::Open,
            Some(_) => return Err(FrameError::invalid("scope", "`all`, `mine` or `open`")),
        };
        Ok(Self {
            scope,
            limit: fields.counter("limit")?,
            cursor,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        call.check_channel(Channel::Chats)?;
        let (store, user) = (&*call.app.store, &call.binding().user);
        let page = chat::list(store, user, self.scope, self.cursor.as_ref(), self.limit).await?;
        Ok(Some(Reply::of(&Chats {
            chats: page.chats,
            next_cursor: page.next_cursor,
        })))
    }
}
