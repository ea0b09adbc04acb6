//! Failed events.

use thiserror::Error;

use super::answer::Answer;
use super::http_client::HttpClientError;

/// Why an event did not reach its handler, or its answer could not be used.
#[derive(Debug, Error)]
pub(crate) enum UpstreamError {
    #[error("no handler takes the event")]
    NoHandler,
    #[error("the handler does not allow this origin")]
    NotAllowed,
    #[error("the handler did not answer the validation request")]
    NotValidated,
    #[error("the event cannot be sent as an HTTP request")]
    NotSendable(#[from] http::Error),
    #[error("could not sign a token for the handler")]
    NoToken,
    #[error("the handler did not answer in time")]
    Timeout,
    #[error("could not reach the handler")]
    Unreachable(#[source] HttpClientError),
    #[error("simulated network failure")]
    Simulated,
    #[error("the handler answered {}", .0.status)]
    Refused(Box<Answer>),
    #[error("could not read the handler's answer")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot use the handler's answer: {0}")]
    Unusable(&'static str),
}

impl UpstreamError {
    /// Whether it is worth sending the event again.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(answer) => {
                answer.status.is_server_error()
                    || answer.status == http::StatusCode::REQUEST_TIMEOUT
            }
            Self::NotValidated | Self::Unreachable(_) | Self::Simulated => true,
            Self::NoHandler
            | Self::NotAllowed
            | Self::NotSendable(_)
            | Self::NoToken
            | Self::Timeout
            | Self::Unreadable(_)
            | Self::Unusable(_) => false,
        }
    }
}
