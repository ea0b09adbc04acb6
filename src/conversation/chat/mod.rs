//! Chats: users create and list them, and the owner changes them.

mod change;
mod create;
mod list;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::head::Head;
use super::{Conversation, ConversationError, ConversationState};
use crate::clock::rfc3339;
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;

pub use change::{Change, Changed, change};
pub use create::{NewChat, create};
pub use list::{ChatPage, Scope, list, to_join};

pub const MAX_MEMBERS: usize = 100;
const MAX_NAME: usize = 200;

/// Who may take part in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatGuard {
    pub name: String,
    pub owner: UserId,
    /// The owner is always one. `None` opens the chat to every user of the `chats` channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<UserId>>,
    pub created_at: Timestamp,
    /// Raised by each change of members. A connection that joined the chat's group under another
    /// number may have been removed from it since.
    #[serde(default)]
    pub membership: u64,
    #[serde(default)]
    pub deleted: bool,
}

/// A user who wants to take part in a chat.
#[derive(Debug, Clone)]
pub struct ChatUser {
    pub user: UserId,
    /// Whether the connection is bound to this chat, or to the `chats` channel.
    pub is_bound: bool,
}

impl ChatGuard {
    pub fn admits(&self, user: &UserId) -> bool {
        self.members
            .as_ref()
            .is_none_or(|members| members.contains(user))
    }
}

/// A connection that must be in the chat's group when its message is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatJoin {
    pub connection: String,
    /// The membership number under which it joined before.
    joined_under: Option<u64>,
    /// The present membership number, if the connection must join under it.
    due: Option<u64>,
}

impl ChatJoin {
    pub fn new(connection: String, joined_under: Option<u64>) -> Self {
        Self {
            connection,
            joined_under,
            due: None,
        }
    }

    pub(super) fn decide(&mut self, state: &ConversationState) -> Result<(), ConversationError> {
        let membership = existing(state)?.membership;
        self.due = Some(membership).filter(|_| self.joined_under != Some(membership));
        Ok(())
    }

    /// The membership number under which the connection must join; `None` if it need not.
    pub(super) fn due(&self) -> Option<u64> {
        self.due
    }
}

/// The chat, if it exists and `user` may take part in it.
pub fn authorize(
    state: &ConversationState,
    user: &ChatUser,
) -> Result<ChatGuard, ConversationError> {
    let guard = existing(state)?;
    if !guard.admits(&user.user) {
        return Err(ConversationError::Forbidden(
            "you are not a member of this chat",
        ));
    }
    if guard.members.is_none() && !user.is_bound {
        return Err(ConversationError::Forbidden(
            "this connection is not for chats: negotiate it with `channel=chats`",
        ));
    }
    Ok(guard)
}

pub fn existing(state: &ConversationState) -> Result<ChatGuard, ConversationError> {
    let guard: Option<ChatGuard> = state.guard()?;
    let there = guard.filter(|guard| !guard.deleted);
    there.ok_or(ConversationError::NotFound("there is no such chat"))
}

/// Trims a chat's name and checks its length.
pub fn check_name(name: &str) -> Result<&str, ConversationError> {
    let name = name.trim();
    if (1..=MAX_NAME).contains(&name.chars().count()) {
        Ok(name)
    } else {
        Err(ConversationError::Invalid(
            "a chat's `name` has 1 to 200 characters",
        ))
    }
}

/// Lists the owner first, and nobody twice.
fn member_list(owner: &UserId, others: Vec<UserId>) -> Result<Vec<UserId>, ConversationError> {
    let mut members = vec![owner.clone()];
    for user in others {
        if !members.contains(&user) {
            members.push(user);
        }
        if members.len() > MAX_MEMBERS {
            return Err(ConversationError::Invalid("a chat has at most 100 members"));
        }
    }
    Ok(members)
}

/// A chat as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Chat)]
pub struct ChatView {
    id: ChatId,
    name: String,
    owner_id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<UserId>>,
    created_at: String,
    last_message_at: Option<String>,
    last_seq: u64,
    unread: u64,
}

impl ChatView {
    fn new(id: &ChatId, guard: &ChatGuard, head: &Head, unread: u64) -> Self {
        Self {
            id: id.clone(),
            name: guard.name.clone(),
            owner_id: guard.owner.clone(),
            members: guard.members.clone(),
            created_at: rfc3339(guard.created_at),
            last_message_at: head.last_message_at.map(rfc3339),
            last_seq: head.seq,
            unread,
        }
    }
}

fn conversation(id: &ChatId) -> Conversation {
    Conversation::Chat(id.clone())
}
