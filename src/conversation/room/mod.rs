//! Rooms: anyone may name one, and it is open until an administrator gives it a record.

pub mod invite;
pub mod listing;
pub mod manage;
pub mod sanction;

mod connection_update;
mod guard;
mod password;
mod speaker;

pub use connection_update::{Adjustment, ConnectionUpdate, Effect};
pub use guard::{
    Access, JoinRequest, Member, Role, RoomDenied, RoomFull, RoomGuard, RoomPass, RoomRecord,
    Sanction,
};
pub use password::PasswordHash;
pub use speaker::{Bound, Speaker};
