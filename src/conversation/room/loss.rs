//! Compares the admission of a connection with a later one.

use super::{Role, RoomDenied, RoomPass};

/// What a connection may no longer have in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    Nothing,
    /// Sending to the group, while it stays bound as a writer.
    Send,
    /// Being a writer.
    Writer,
    /// Hearing the room, until a ban is lifted.
    Entry,
    /// The binding itself: its credentials are no longer valid.
    Binding,
}

impl Loss {
    /// For a connection that was bound with `role`. A room without a record needs no pass.
    pub fn of(role: Role, now: &Result<Option<RoomPass>, RoomDenied>) -> Self {
        match now {
            Err(RoomDenied::Banned) => Self::Entry,
            Err(_) => Self::Binding,
            Ok(None) => Self::Nothing,
            Ok(Some(_)) if role == Role::Reader => Self::Nothing,
            Ok(Some(pass)) if pass.role == Role::Reader => Self::Writer,
            Ok(Some(pass)) if pass.muted || pass.persistent => Self::Send,
            Ok(Some(_)) => Self::Nothing,
        }
    }
}
