//! Conversations: rooms, chats and sessions. They differ in who may take part; storing, numbering
//! and sending messages is the same for all.
//!
//! One conversation is one partition of the store:
//!
//! | key | record |
//! | --- | --- |
//! | `a:guard` | who may take part |
//! | `a:head` | the last number, and the messages that may not have been sent |
//! | `m:<generation>:<seq>` | a message |
//! | `id:<generation>:<hash>` | the `seq` under which a client's message id was stored |
//! | `invite:<hash>`, `file:<id>` | what belongs to a room |
//! | `claim:<id>:<hash>` | that a message is about to name the file, and its dedup key |
//!
//! Guard and head have adjacent keys, so one read returns both; posting is one write of head,
//! message and id together. A generation ends when a room is deleted: a write that holds the old
//! head fails, and the old records are removed later.

pub mod attachment;
pub mod attachments;
pub mod author;
pub mod chat;
pub mod directory;
pub mod error;
pub mod file;
pub mod garbage;
pub mod head;
pub mod history;
pub mod index;
pub mod log;
pub mod message;
pub mod outbox;
pub mod page_limit;
pub mod post;
pub mod room;
pub mod session;
pub mod sweep;
pub mod sweeper;
pub mod uploads;

mod conflicts;
mod expiry;
pub(crate) mod keys;
mod state;

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::target::{ChatId, RoomId, SessionId, Target};
use crate::store::{Collection, Partition};

pub use author::Author;
pub use error::ConversationError;
pub use state::ConversationState;

/// Names a conversation, and is the key that clients know it by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[schema(as = ConversationName)]
pub enum Conversation {
    #[serde(rename = "room_id")]
    Room(RoomId),
    #[serde(rename = "chatId")]
    Chat(ChatId),
    #[serde(rename = "session_id")]
    Session(SessionId),
}

impl Conversation {
    pub(crate) fn partition(&self) -> Partition {
        let name = match self {
            Self::Room(id) => format!("room:{id}"),
            Self::Chat(id) => format!("chat:{id}"),
            Self::Session(id) => format!("session:{id}"),
        };
        Partition::new(Collection::Messages, name)
    }

    /// The group that carries it.
    pub fn group(&self) -> String {
        match self {
            Self::Room(id) => id.to_string(),
            Self::Chat(id) => format!("chat:{id}"),
            Self::Session(id) => format!("session:{id}"),
        }
    }

    /// The conversation that a group carries, if any.
    pub fn of_group(group: &str) -> Option<Self> {
        match group.split_once(':') {
            None => group.parse().ok().map(Self::Room),
            Some(("chat", id)) => id.parse().ok().map(Self::Chat),
            Some(("session", id)) => id.parse().ok().map(Self::Session),
            Some(_) => None,
        }
    }

    /// The conversation that a connection may be bound to by this target.
    pub fn of(target: &Target) -> Option<Self> {
        match target {
            Target::Room(id) => Some(Self::Room(id.clone())),
            Target::Chat(id) => Some(Self::Chat(id.clone())),
            Target::Session(id) => Some(Self::Session(id.clone())),
            Target::Org(_) | Target::Device(_) | Target::Channel(_) => None,
        }
    }
}

impl Conversation {
    /// A room always exists, since anyone may name one; chats and sessions are created.
    pub fn check_exists(&self, state: &ConversationState) -> Result<(), ConversationError> {
        match self {
            Self::Room(_) => Ok(()),
            Self::Chat(_) => chat::existing(state).map(|_| ()),
            Self::Session(_) if state.guard.is_some() => Ok(()),
            Self::Session(_) => Err(ConversationError::NotFound("there is no such session")),
        }
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(id) => write!(f, "room {id}"),
            Self::Chat(id) => write!(f, "chat {id}"),
            Self::Session(id) => write!(f, "session {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_known_by_its_group() {
        let session = "session:550e8400-e29b-41d4-a716-446655440000";

        for group in ["lobby", "chat:0199a0", session] {
            assert_eq!(Conversation::of_group(group).unwrap().group(), group);
        }
        for other in [
            "",
            "..",
            "../x",
            "org:acme",
            "user:x",
            "chat:",
            "chat:a:b",
            "session:1",
            "a\n",
        ] {
            assert_eq!(Conversation::of_group(other), None, "{other}");
        }
    }
}
