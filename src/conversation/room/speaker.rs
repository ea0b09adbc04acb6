//! Who may post or read in a room.

use super::guard::{Access, Role, RoomGuard};
use crate::conversation::{ConversationError, ConversationState};
use crate::ids::user_id::UserId;

const NOT_BOUND: ConversationError = ConversationError::Forbidden(
    "this connection is not for this room: negotiate it with `room_id`",
);

/// Somebody who wants to post or read in a room.
#[derive(Debug, Clone)]
pub struct Speaker {
    pub user: UserId,
    pub is_anonymous: bool,
    /// `None` for a connection that is not bound to the room.
    pub bound: Option<Bound>,
}

/// How a connection was admitted to the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub role: Role,
    /// The room's guard number at that time.
    pub guard: u64,
    /// It was admitted as a member's connection, without a password or an invite.
    pub as_member: bool,
}

impl Speaker {
    /// Writers and members may post, unless banned or muted.
    pub fn can_post(&self, state: &ConversationState) -> Result<(), ConversationError> {
        let guard = self.unless_banned(state)?;
        if guard.muted.contains_key(&self.user) {
            return Err(ConversationError::Forbidden("you are muted in this room"));
        }
        match self.role_in(&guard) {
            Some(Role::Writer) => Ok(()),
            Some(Role::Reader) => Err(ConversationError::Forbidden(
                "you may only read in this room: negotiate with `role=writer`",
            )),
            None => Err(NOT_BOUND),
        }
    }

    pub fn can_read(&self, state: &ConversationState) -> Result<(), ConversationError> {
        let guard = self.unless_banned(state)?;
        match self.role_in(&guard) {
            Some(Role::Writer | Role::Reader) => Ok(()),
            None => Err(NOT_BOUND),
        }
    }

    fn unless_banned(&self, state: &ConversationState) -> Result<RoomGuard, ConversationError> {
        let guard: RoomGuard = state.guard()?.unwrap_or_default();
        if guard.banned.contains_key(&self.user) {
            return Err(ConversationError::Forbidden(
                "you are banned from this room",
            ));
        }
        Ok(guard)
    }

    /// The role that the room allows now, which is never more than the connection was bound with.
    fn role_in(&self, guard: &RoomGuard) -> Option<Role> {
        let member = guard.membership(&self.user, self.is_anonymous);
        match (member, self.bound) {
            (Some(member), Some(bound)) => Some(member.min(bound.role)),
            (Some(member), None) => Some(member),
            (None, None) => None,
            (None, Some(bound)) => match guard.access() {
                Access::Open => Some(bound.role),
                Access::Password | Access::Invite
                    if bound.guard == guard.number && !bound.as_member =>
                {
                    Some(bound.role)
                }
                Access::Password | Access::Invite | Access::Members => None,
            },
        }
    }
}
