//! Rooms: named by anyone, open unless somebody set them up otherwise.

pub mod invite;
pub mod listing;
pub mod manage;
pub mod sanction;

mod aftermath;
mod guard;
mod password;

pub use aftermath::{Adjustment, Aftermath, Effect};
pub use guard::{Access, Full, Guest, Member, RoomGuard, RoomRecord, Sanction, ShutOut};
pub use password::PasswordHash;

use super::{Refused, Top};
use crate::binding::Role;
use crate::user_id::UserId;

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
pub fn may_speak(top: &Top, speaker: &Speaker) -> Result<(), Refused> {
    let guard: RoomGuard = top.guard()?.unwrap_or_default();
    if guard.banned.contains_key(&speaker.user) {
        return Err(Refused::Forbidden("you are banned from this room"));
    }
    if guard.muted.contains_key(&speaker.user) {
        return Err(Refused::Forbidden("you are muted in this room"));
    }
    match guard.role_of(speaker) {
        Some(Role::Writer) => Ok(()),
        Some(Role::Reader) => Err(Refused::Forbidden(
            "you may only read in this room: negotiate with `role=writer`",
        )),
        None => Err(Refused::Forbidden(
            "this connection is not for this room: negotiate it with `room_id`",
        )),
    }
}

/// Whether somebody may read what was said in the room.
pub fn may_read(top: &Top, speaker: &Speaker) -> Result<(), Refused> {
    let guard: RoomGuard = top.guard()?.unwrap_or_default();
    if guard.banned.contains_key(&speaker.user) {
        return Err(Refused::Forbidden("you are banned from this room"));
    }
    match guard.role_of(speaker) {
        Some(Role::Writer | Role::Reader) => Ok(()),
        None => Err(Refused::Forbidden(
            "this connection is not for this room: negotiate it with `room_id`",
        )),
    }
}
