//! Why a conversation refused something.

use crate::azure::rest::RestError;
use crate::store::{BadRecord, StoreError, WriteError};

/// `frame` turns these into codes and `problem` into statuses. A cause stays attached, so that
/// it is logged once, where the error is answered.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    #[error("{0}")]
    NotFound(&'static str),
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    Invalid(&'static str),
    /// It exists, with other contents.
    #[error("{0}")]
    AlreadyCreated(&'static str),
    #[error("{0}")]
    RateLimited(&'static str),
    /// Nothing was done.
    #[error("{0}")]
    Unavailable(&'static str),
    #[error("the store does not answer; nothing was stored, try again shortly")]
    Store(#[source] StoreError),
    #[error("blob storage does not answer; nothing was stored, try again shortly")]
    Blobs(#[source] RestError),
    /// The store failed after the write went out.
    #[error("the outcome is unknown: send it again, with the same id")]
    OutcomeUnknown(#[source] Option<StoreError>),
}

impl From<StoreError> for ConversationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<BadRecord> for ConversationError {
    fn from(error: BadRecord) -> Self {
        Self::Store(error.into())
    }
}

impl From<WriteError> for ConversationError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Conflict { .. } => {
                Self::Unavailable("too many changed this at once; nothing was stored, try again")
            }
            WriteError::NotDone(error) => Self::Store(error),
            WriteError::Unknown(error) => Self::OutcomeUnknown(Some(error)),
        }
    }
}
