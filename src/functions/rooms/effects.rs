//! The effects of a stored change on the open connections of a room.

use std::time::Duration;

use crate::app::App;
use crate::conversation::Conversation;
use crate::conversation::outbox::Order;
use crate::conversation::room::settle::SettleError;
use crate::http::problem::Problem;
use crate::ids::target::RoomId;

/// How long a decision has for its effects before they are looked at again.
const SETTLE_DELAY: Duration = Duration::from_secs(10);

/// Call this before a decision is stored: if this process ends before all its effects, the queue
/// makes live connections match the room's record.
pub(super) async fn settle_later(app: &App, room: &RoomId) {
    let order = Order::settle(&Conversation::Room(room.clone()));
    app.outbox.put(&order, SETTLE_DELAY).await;
}

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
