//! What the control API asks of its callers, and how it answers.

use http::StatusCode;
use serde_json::{Value, json};

use crate::query::Query;
use crate::response::{Response, response};

pub(super) fn number<T: std::str::FromStr>(query: &Query, name: &str) -> Option<T> {
    query.get(name)?.parse().ok()
}

pub(super) fn bad_request(why: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "error": why }))
}

pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    response(status, Some("application/json"), body.to_string())
}
