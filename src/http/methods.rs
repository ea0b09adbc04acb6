//! The answer to a method that a path does not support.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

/// `OPTIONS` is a browser's preflight and gets an empty 200, because the Functions host closes the
/// connection on a 204. Every other method gets 405; axum adds `Allow`.
pub(crate) async fn unsupported_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        StatusCode::OK.into_response()
    } else {
        Problem::method_not_allowed().into_response()
    }
}
