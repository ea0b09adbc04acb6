//! An authorized call, and the responses without a body.

use std::sync::Arc;

use http::StatusCode;

use crate::app::App;
use crate::hub::Hub;
use crate::query::Query;
use crate::response::{Response, response};

pub(super) const NEWEST_VERSION: &str = "2024-12-01";

/// A call whose token was checked.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) hub: Arc<Hub>,
    pub(super) query: Query,
    pub(super) head: http::request::Parts,
    /// The emulator's URL as the caller addresses it.
    pub(super) endpoint: String,
}

pub(super) fn ok() -> Response {
    response(StatusCode::OK, None, "")
}

pub(super) fn accepted() -> Response {
    response(StatusCode::ACCEPTED, None, "")
}

pub(super) fn no_content() -> Response {
    response(StatusCode::NO_CONTENT, None, "")
}
