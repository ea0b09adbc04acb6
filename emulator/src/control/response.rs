//! Parameters and responses of the control API.

use http::StatusCode;
use serde_json::{Value, json};

use crate::query::Query;
use crate::response::{Response, response};

pub(super) fn number<T: std::str::FromStr>(query: &Query, name: &str) -> Option<T> {
    query.get(name)?.parse().ok()
}

pub(super) fn bad_request(why: &str) -> Response {
    json_response(StatusCode::BAD_REQUEST, &json!({ "error": why }))
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    response(status, Some("application/json"), body.to_string())
}
