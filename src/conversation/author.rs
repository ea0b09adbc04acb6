//! On whose authority somebody posts or reads in a conversation.

use super::chat::{self, ChatUser};
use super::room::Speaker;
use super::{Conversation, ConversationError, ConversationState, session};
use crate::ids::user_id::UserId;

/// Checked against the very read that a write depends on, so that a decision made in between
/// makes the write fail.
#[derive(Debug, Clone)]
pub enum Author {
    Room(Speaker),
    Chat(ChatUser),
    Session {
        user: UserId,
        is_anonymous: bool,
    },
    /// A back end, which may post anywhere.
    Publisher(Conversation),
}

impl Author {
    pub fn can_post(&self, state: &ConversationState) -> Result<(), ConversationError> {
        match self {
            Self::Room(speaker) => speaker.can_post(state),
            Self::Chat(_) | Self::Session { .. } | Self::Publisher(_) => self.can_read(state),
        }
    }

    pub fn can_read(&self, state: &ConversationState) -> Result<(), ConversationError> {
        match self {
            Self::Room(speaker) => speaker.can_read(state),
            Self::Chat(user) => chat::authorize(state, user).map(|_| ()),
            Self::Session {
                is_anonymous: true, ..
            } => Err(ConversationError::Forbidden(
                "sign in to take part in sessions",
            )),
            Self::Session { user, .. } => session::participant(state, user).map(|_| ()),
            Self::Publisher(conversation) => conversation.check_exists(state),
        }
    }

    /// The name to show for a sender who gave none: a session knows its participants' names.
    pub fn name_of(
        &self,
        sender: &UserId,
        state: &ConversationState,
    ) -> Result<String, ConversationError> {
        let known = match self {
            Self::Session { .. } | Self::Publisher(Conversation::Session(_)) => {
                session::name_of(state, sender)?
            }
            Self::Room(_)
            | Self::Chat(_)
            | Self::Publisher(Conversation::Room(_) | Conversation::Chat(_)) => None,
        };
        Ok(known.unwrap_or_else(|| sender.to_string()))
    }
}
