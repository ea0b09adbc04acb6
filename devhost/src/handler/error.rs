//! Errors of calls to the handler.

use std::io;

use crate::http::BodyError;

/// Why a call to the handler failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("the handler closed the connection without an answer")]
    Closed,
    #[error("the handler's answer is invalid: {0}")]
    Malformed(&'static str),
    #[error("the handler's answer is incomplete: {0}")]
    Body(BodyError),
    #[error("the connection to the handler failed: {0}")]
    Io(#[from] io::Error),
    #[error("the handler did not answer within the function's timeout; it is restarted")]
    TimedOut,
    #[error("the handler was not ready in time")]
    NotReady,
}
