//! Exports and imports the state of an emulator.

use std::sync::Arc;

use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde_json::json;

use super::response::{bad_request, json_response};
use crate::app::App;
use crate::response::{Response, response};
use crate::snapshot::{ImportError, Snapshot};

/// Many times the largest buffer of one connection.
const MAX_IMPORT: usize = 256 * 1024 * 1024;

/// `GET /emulator/state`
pub(super) fn export(app: &App) -> Response {
    match serde_json::to_vec(&Snapshot::take(app)) {
        Ok(body) => response(StatusCode::OK, Some("application/json"), body),
        Err(error) => json_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            &json!({ "error": error.to_string() }),
        ),
    }
}

/// `PUT /emulator/state`
pub(super) async fn import(app: &Arc<App>, body: Incoming) -> Response {
    let Ok(body) = Limited::new(body, MAX_IMPORT).collect().await else {
        return bad_request("the body is too long or was cut off");
    };
    let restored = Snapshot::parse(&body.to_bytes()).and_then(|snapshot| snapshot.restore(app));
    match restored {
        Ok(connections) => json_response(StatusCode::OK, &json!({ "connections": connections })),
        Err(error @ ImportError::NotEmpty) => {
            json_response(StatusCode::CONFLICT, &json!({ "error": error.to_string() }))
        }
        Err(error) => bad_request(&error.to_string()),
    }
}
