//! Rooms: named by anyone, open unless somebody set them up otherwise.

pub mod invite;
pub mod listing;
pub mod manage;
pub mod sanction;

mod connection_update;
mod guard;
mod password;

pub use connection_update::{Adjustment, ConnectionUpdate, Effect};
pub use guard::{
    Access, JoinRequest, Member, Role, RoomDenied, RoomFull, RoomGuard, RoomPass, RoomRecord,
    Sanction,
};
pub use password::PasswordHash;

use super::{ConversationError, ConversationState};
use crate::ids::user_id::UserId;

/// What somebody brings who wants to say something in a room.
#[derive(Debug, Clone)]
pub struct Speaker {
    pub user: UserId,
    pub is_anonymous: bool,
    /// What the connection is bound to; `None` for one that is not.
    pub bound: Option<Bound>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub role: Role,
    /// The guard number by which it was let in.
    pub guard: u64,
    /// It was let in as a member's, and showed nothing.
    pub as_member: bool,
}

/// Whether somebody may speak in the room as it is now: whoever is bound to it as a writer, and
/// members, unless put out or muted since.
pub fn may_speak(top: &ConversationState, speaker: &Speaker) -> Result<(), ConversationError> {
    let guard: RoomGuard = top.guard()?.unwrap_or_default();
    if guard.banned.contains_key(&speaker.user) {
        return Err(ConversationError::Forbidden(
            "you are banned from this room",
        ));
    }
    if guard.muted.contains_key(&speaker.user) {
        return Err(ConversationError::Forbidden("you are muted in this room"));
    }
    match guard.role_of(speaker) {
        Some(Role::Writer) => Ok(()),
        Some(Role::Reader) => Err(ConversationError::Forbidden(
            "you may only read in this room: negotiate with `role=writer`",
        )),
        None => Err(ConversationError::Forbidden(
            "this connection is not for this room: negotiate it with `room_id`",
        )),
    }
}

/// Whether somebody may read what was said in the room.
pub fn may_read(top: &ConversationState, speaker: &Speaker) -> Result<(), ConversationError> {
    let guard: RoomGuard = top.guard()?.unwrap_or_default();
    if guard.banned.contains_key(&speaker.user) {
        return Err(ConversationError::Forbidden(
            "you are banned from this room",
        ));
    }
    match guard.role_of(speaker) {
        Some(Role::Writer | Role::Reader) => Ok(()),
        None => Err(ConversationError::Forbidden(
            "this connection is not for this room: negotiate it with `room_id`",
        )),
    }
}
