//! Why a feed refused something.

use std::borrow::Cow;

use crate::azure::web_pubsub::CallError;
use crate::store::{BadRecord, StoreError, WriteError};

/// `problem` turns these into statuses. No text repeats what the caller sent, because errors of
/// queue messages are logged.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    #[error("{0}")]
    TooLarge(String),
    /// Nothing was done.
    #[error("too many changed this at once; nothing was stored, try again")]
    Busy,
    #[error("the store does not answer; nothing was stored, try again shortly")]
    Store(#[source] StoreError),
    /// The store failed after the write went out.
    #[error("the outcome is unknown: repeat the call, with the same `id` if it has one")]
    OutcomeUnknown(#[source] StoreError),
    #[error("the Web PubSub service does not answer; try again shortly")]
    Send(#[source] CallError),
}

impl FeedError {
    pub(super) fn invalid(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(why.into())
    }

    /// Whether the same input always fails.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Invalid(_) | Self::TooLarge(_) => true,
            Self::Busy | Self::Store(_) | Self::OutcomeUnknown(_) | Self::Send(_) => false,
        }
    }
}

impl From<StoreError> for FeedError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<BadRecord> for FeedError {
    fn from(error: BadRecord) -> Self {
        Self::Store(error.into())
    }
}

impl From<WriteError> for FeedError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Conflict { .. } => Self::Busy,
            WriteError::NotDone(error) => Self::Store(error),
            WriteError::Unknown(error) => Self::OutcomeUnknown(error),
        }
    }
}
