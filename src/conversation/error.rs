//! Why something was not done with a conversation.

use crate::store::{BadRecord, StoreError, WriteError};

/// The domain's words; `frame` and `problem` make codes and statuses of them.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    #[error("{0}")]
    NotFound(&'static str),
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    Invalid(&'static str),
    /// It is there, and is not what was asked for.
    #[error("{0}")]
    AlreadyCreated(&'static str),
    /// Nothing was done: the store, or something else that is needed, does not answer.
    #[error("{0}")]
    Unavailable(&'static str),
    /// The store failed at a moment from which nobody can tell.
    #[error("it is not known whether this was stored: send it again, with the same id")]
    NotKnown,
}

const STORE_FAILED: &str = "the store does not answer; nothing was stored, try again shortly";

impl From<StoreError> for ConversationError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        Self::Unavailable(STORE_FAILED)
    }
}

impl From<BadRecord> for ConversationError {
    fn from(error: BadRecord) -> Self {
        StoreError::from(error).into()
    }
}

impl From<WriteError> for ConversationError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Conflict { .. } => {
                Self::Unavailable("too many changed this at once; nothing was stored, try again")
            }
            WriteError::NotDone(error) => error.into(),
            WriteError::Unknown(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                Self::NotKnown
            }
        }
    }
}

/// A record of ours that cannot be written as JSON: none is known.
impl From<serde_json::Error> for ConversationError {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a record cannot be written"
        );
        Self::Unavailable("this cannot be stored")
    }
}
