//! Reports whether a stored change reached the open connections of a room.

use crate::conversation::room::settle::SettleError;
use crate::http::problem::Problem;
use crate::ids::target::RoomId;

/// The change is stored before its effects, and applies to every new connection and message. If
/// the effects fail, the same request again does the rest.
pub(super) fn applied(room: &RoomId, effects: Result<(), SettleError>) -> Result<(), Problem> {
    effects.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "failed to update the open connections of room {room}"
        );
        Problem::unavailable(
            "the change is stored, but not all open connections were updated: send it again",
        )
    })
}
