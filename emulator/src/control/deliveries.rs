//! Plans faults for messages to clients: drops, delays and repeats.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::response::{bad_request, json_response, number};
use crate::app::App;
use crate::deliveries::{Fate, Plan};
use crate::query::Query;
use crate::response::Response;

/// Delayed messages are kept in memory, so the delay is limited.
const MAX_DELAY_MS: u64 = 10 * 60 * 1000;

/// `POST /emulator/deliveries/{drop|delay|repeat}?count=&connection=&ms=`
pub(super) fn plan(app: &App, fate: &str, query: &Query) -> Response {
    let fate = match fate {
        "drop" => Fate::Drop,
        "repeat" => Fate::Repeat,
        "delay" => match number(query, "ms") {
            Some(ms) if ms <= MAX_DELAY_MS => Fate::Delay(Duration::from_millis(ms)),
            Some(_) | None => return bad_request("ms must be a whole number up to 600000"),
        },
        _ => return bad_request("a delivery can be dropped, delayed or repeated"),
    };
    let Some(left) = number(query, "count") else {
        return bad_request("count must be a whole number");
    };
    app.deliveries.plan(Plan {
        fate,
        left,
        connection: query.get("connection").map(Into::into),
    });
    plans(app)
}

/// `GET /emulator/deliveries`: the remaining plans
pub(super) fn plans(app: &App) -> Response {
    json_response(
        StatusCode::OK,
        &json!({ "planned": app.deliveries.to_json() }),
    )
}

/// `DELETE /emulator/deliveries`: removes all plans
pub(super) fn forget(app: &App) -> Response {
    app.deliveries.clear();
    plans(app)
}
