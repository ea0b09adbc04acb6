//! Where the APIs differ: authorization, and the meaning of an answer.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use http::HeaderName;
use reqwest::Request;

use super::call::Answer;
use super::error::RestError;

/// The time of the call. Storage and Cosmos DB sign it.
pub(crate) const MS_DATE: HeaderName = HeaderName::from_static("x-ms-date");

/// One of Azure's REST APIs.
pub(crate) trait Api: fmt::Debug + Send + Sync {
    /// The value of `x-ms-version`.
    const VERSION: &'static str;

    /// Whether to retry until the deadline while the service is busy; otherwise once.
    const RETRIES_WHILE_BUSY: bool;

    /// Whether to retry an idempotent call that timed out.
    const RETRIES_TIMEOUTS: bool;

    /// Adds the `Authorization` header to a request that is complete otherwise.
    fn authorize(
        &self,
        request: &mut Request,
    ) -> impl Future<Output = Result<(), RestError>> + Send;

    fn classify(&self, answer: &Answer) -> AnswerClass;

    /// Explains an answer that is not a success, without secrets.
    fn describe(&self, answer: &Answer) -> String;
}

/// What an answer says about the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerClass {
    /// The service processed the call. The status may still be an error.
    Processed,
    /// The service did nothing and asks us to retry after this pause.
    Busy(Duration),
    /// The service rejected our authorization and did nothing.
    Denied,
    /// The service failed; a write may or may not have been done.
    Failed,
}
