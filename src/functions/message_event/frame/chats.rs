//! Frames about chats: which there are, a new one, and what its owner does with it.

use serde::Serialize;

use super::code::{Code, FrameError};
use super::fields::Fields;
use crate::conversation::chat::{Change, ChatPage, ChatView};
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;

/// `GET_CHATS`
#[derive(Debug, PartialEq)]
pub struct GetChats {
    pub limit: Option<u64>,
    pub cursor: Option<ChatId>,
}

/// `CHATS`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chats {
    chats: Vec<ChatView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<ChatId>,
}

/// `CREATE_CHAT`
#[derive(Debug, PartialEq)]
pub struct CreateChat {
    pub name: String,
    pub members: Option<Vec<UserId>>,
}

/// `RENAME_CHAT`, `SET_CHAT_MEMBERS`, `DELETE_CHAT`
#[derive(Debug, PartialEq)]
pub struct ChangeChat {
    pub chat: ChatId,
    pub change: Change,
}

/// `CHAT_CREATED`, `CHAT_UPDATED`
#[derive(Debug, Clone, Serialize)]
pub struct ChatEvent {
    pub chat: ChatView,
}

/// `CHAT_DELETED`
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletedChat {
    pub chat_id: ChatId,
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
        Ok(Self {
            limit: fields.counter("limit")?,
            cursor,
        })
    }
}

impl From<ChatPage> for Chats {
    fn from(page: ChatPage) -> Self {
        Self {
            chats: page.chats,
            next_cursor: page.next_cursor,
        }
    }
}

impl CreateChat {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        if fields.flag("assistant")?.unwrap_or(false) {
            return Err(FrameError::new(
                Code::Unavailable,
                "no assistant is set up here",
            ));
        }
        Ok(Self {
            name: fields.text("name")?.to_owned(),
            members: fields.users("members")?,
        })
    }
}

impl ChangeChat {
    pub(super) fn rename(fields: &Fields) -> Result<Self, FrameError> {
        let name = fields.text("name")?.to_owned();
        Self::new(fields, Change::Rename(name))
    }

    pub(super) fn set_members(fields: &Fields) -> Result<Self, FrameError> {
        let members = fields.users("members")?;
        let members = members.ok_or_else(|| FrameError::missing("members"))?;
        Self::new(fields, Change::Members(members))
    }

    pub(super) fn delete(fields: &Fields) -> Result<Self, FrameError> {
        Self::new(fields, Change::Delete)
    }

    fn new(fields: &Fields, change: Change) -> Result<Self, FrameError> {
        Ok(Self {
            chat: fields.chat_id()?,
            change,
        })
    }
}
