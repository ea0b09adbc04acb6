//! Messages that are late, lost or doubled, on purpose.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::answer::{answer, bad_request, number};
use crate::app::App;
use crate::deliveries::{Fate, Plan};
use crate::query::Query;
use crate::response::Response;

/// Messages that are held back are kept in memory.
const LONGEST_DELAY_MS: u64 = 10 * 60 * 1000;

/// `POST /emulator/deliveries/{drop|delay|repeat}?count=&connection=&ms=`
pub(super) fn plan(app: &App, fate: &str, query: &Query) -> Response {
    let fate = match fate {
        "drop" => Fate::Drop,
        "repeat" => Fate::Repeat,
        "delay" => match number(query, "ms") {
            Some(ms) if ms <= LONGEST_DELAY_MS => Fate::Delay(Duration::from_millis(ms)),
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

/// `GET /emulator/deliveries`: what is still to happen
pub(super) fn plans(app: &App) -> Response {
    answer(
        StatusCode::OK,
        &json!({ "planned": app.deliveries.to_json() }),
    )
}

/// `DELETE /emulator/deliveries`: from now on nothing happens to them
pub(super) fn forget(app: &App) -> Response {
    app.deliveries.forget_plans();
    plans(app)
}
