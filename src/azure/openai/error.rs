//! Why the model gave no answer.

use std::time::Duration;

use crate::azure::http_client::HttpClientError;
use crate::azure::managed_identity::IdentityError;

/// Never holds a key, a prompt or an answer.
#[derive(Debug, thiserror::Error)]
pub enum OpenAiError {
    /// The service refused the question, or stopped its own answer.
    #[error("the service's content filter stopped it")]
    ContentFiltered,
    #[error("the service is busy")]
    RateLimited { retry_after: Option<Duration> },
    #[error("the service refused: {0}")]
    Refused(String),
    /// The answer ended before its end.
    #[error("the answer broke off")]
    Broken(#[source] Option<reqwest::Error>),
    #[error("the answer is malformed")]
    Malformed,
    #[error("the service cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the service took too long")]
    TooLong,
    #[error(transparent)]
    Client(#[from] HttpClientError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl OpenAiError {
    /// The address is removed from the cause because it names the deployment.
    pub(super) fn unreachable(error: reqwest::Error) -> Self {
        match error.is_timeout() {
            true => Self::TooLong,
            false => Self::Unreachable(error.without_url()),
        }
    }

    pub(super) fn broken(error: reqwest::Error) -> Self {
        match error.is_timeout() {
            true => Self::TooLong,
            false => Self::Broken(Some(error.without_url())),
        }
    }
}
