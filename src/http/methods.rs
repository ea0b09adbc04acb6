//! What a path answers to a method that it does not take.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

/// `OPTIONS` is a browser asking before it calls: an empty 200, since the Functions host cuts
/// the connection at a 204. Any other method is 405; axum adds `Allow`.
pub(crate) async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        StatusCode::OK.into_response()
    } else {
        Problem::method_not_allowed().into_response()
    }
}
