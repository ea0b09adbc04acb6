//! Why a recording is not kept or not transcribed.

use crate::azure::rest::RestError;
use crate::azure::web_pubsub::CallError;
use crate::store::{StoreError, WriteError};

/// Why a frame about a recording fails.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("recordings are not set up here")]
    NotSetUp,
    #[error("{0}")]
    TooLong(&'static str),
    #[error("the minutes of this day are used up")]
    DayUsedUp { retry_after_ms: u64 },
    #[error("the blob storage failed")]
    Blobs(#[source] RestError),
    #[error("the recording cannot be put on the queue; send `audio.end` again")]
    NotQueued,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the write failed")]
    Write(#[from] WriteError),
}

/// Why a task is not done.
#[derive(Debug, thiserror::Error)]
pub enum TranscribeError {
    /// It never will be.
    #[error("{0}")]
    Invalid(#[from] super::recording::InvalidName),
    #[error("the recording cannot be read")]
    Blobs(#[source] RestError),
    #[error("the transcript is not sent")]
    Send(#[source] CallError),
}
