//! Errors of queue operations.

use reqwest::StatusCode;

/// Why an operation on a queue failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueueError {
    #[error("the storage connection string is invalid: {0}")]
    ConnectionString(String),
    #[error("cannot use the queue {queue}: the service answered {status}")]
    Refused { queue: String, status: StatusCode },
    #[error("cannot reach the queue service: {0}")]
    Http(#[source] reqwest::Error),
    #[error("the answer of the queue service is malformed")]
    Malformed,
}
