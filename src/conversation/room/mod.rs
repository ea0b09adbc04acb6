//! Rooms: anyone may name one, and it is open until an administrator gives it a record.
//!
//! Besides its own group, which clients may leave, each room has two hidden groups. They contain
//! the connections that are bound to it.

pub mod invite;
pub mod listing;
pub mod manage;
pub mod sanction;
pub mod settle;

mod connection_update;
mod guard;
mod live;
mod loss;
mod password;
mod speaker;

use crate::ids::target::RoomId;
use connection_update::ConnectionUpdate;

pub use guard::{
    Access, JoinRequest, Member, Role, RoomDenied, RoomFull, RoomGuard, RoomPass, RoomRecord,
    Sanction,
};
pub use loss::Loss;
pub use password::PasswordHash;
pub use speaker::{Bound, Speaker};

/// The group of every connection that is bound to the room.
pub fn hidden_group(room: &RoomId) -> String {
    format!("room:{room}")
}

/// The group of the connections that are bound to the room as writers, muted ones too.
pub fn voice_group(room: &RoomId) -> String {
    format!("voice:{room}")
}
