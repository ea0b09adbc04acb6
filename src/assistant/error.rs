//! Why a question has no answer, and why a task must be tried again.

use serde::Serialize;
use utoipa::ToSchema;

use crate::azure::openai::OpenAiError;
use crate::conversation::ConversationError;
use crate::store::{StoreError, WriteError};

/// Why a question gets no answer: the code that clients see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    #[error("the content filter stopped it")]
    ContentFiltered,
    #[error("the model is busy; try again later")]
    RateLimited,
    #[error("the tokens of this day are spent")]
    BudgetSpent,
    #[error("it was cancelled")]
    Cancelled,
    #[error("the assistant cannot answer")]
    Unavailable,
}

impl From<&OpenAiError> for Failure {
    fn from(error: &OpenAiError) -> Self {
        match error {
            OpenAiError::ContentFiltered => Self::ContentFiltered,
            OpenAiError::RateLimited { .. } => Self::RateLimited,
            OpenAiError::Refused(_)
            | OpenAiError::Broken(_)
            | OpenAiError::Malformed
            | OpenAiError::Unreachable(_)
            | OpenAiError::TooLong
            | OpenAiError::Client(_)
            | OpenAiError::Identity(_) => Self::Unavailable,
        }
    }
}

/// Why a message of the queue is not done.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// It never will be.
    #[error("{0}")]
    Invalid(&'static str),
    #[error("another worker answers this question")]
    Claimed,
    #[error("too many write to this chat at once")]
    Contended,
    #[error("the next question cannot be put on the queue")]
    Next,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the write failed")]
    Write(#[from] WriteError),
    #[error("the answer is not stored")]
    Answer(#[from] ConversationError),
}
