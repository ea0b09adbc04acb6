//! Why a frame was refused.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::frame_limit::TooManyFrames;
use crate::access::rate_limit::RateLimited;
use crate::conversation::ConversationError;
use crate::conversation::message::InvalidMessage;
use crate::recordings::RecordingError;
use crate::store::StoreError;

/// The stable part of an error frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FrameErrorCode)]
pub enum Code {
    BadFrame,
    UnknownType,
    MissingField,
    InvalidField,
    EmptyMessage,
    MessageTooLong,
    NotFound,
    Forbidden,
    TokenExpired,
    RateLimited,
    Unavailable,
    Internal,
}

/// An error frame. The connection stays open.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FrameError {
    #[serde(rename = "error")]
    pub code: Code,
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
    #[serde(rename = "closeCode", skip_serializing_if = "Option::is_none")]
    pub close_code: Option<u16>,
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// For the log; the client learns only what it can act on.
    #[serde(skip)]
    #[schema(ignore)]
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl FrameError {
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            close_code: None,
            retry_after_ms: None,
            cause: None,
        }
    }

    pub fn missing(field: &str) -> Self {
        Self::new(Code::MissingField, format!("`{field}` is missing"))
    }

    pub fn invalid(field: &str, expected: &str) -> Self {
        Self::new(Code::InvalidField, format!("`{field}` must be {expected}"))
    }

    pub fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..self
        }
    }
}

/// What the client sees of it.
impl PartialEq for FrameError {
    fn eq(&self, other: &Self) -> bool {
        let shown = |error: &Self| (error.code, error.close_code, error.retry_after_ms);
        shown(self) == shown(other) && self.message == other.message
    }
}

impl From<TooManyFrames> for FrameError {
    fn from(limited: TooManyFrames) -> Self {
        Self {
            retry_after_ms: Some(limited.retry_after_ms),
            ..Self::new(Code::RateLimited, "this connection sends too many frames")
        }
    }
}

impl From<RateLimited> for FrameError {
    fn from(limited: RateLimited) -> Self {
        Self {
            retry_after_ms: Some(limited.retry_after_seconds * 1000),
            ..Self::new(Code::RateLimited, "too many in a minute; try again later")
        }
    }
}

impl From<ConversationError> for FrameError {
    fn from(error: ConversationError) -> Self {
        let code = match &error {
            ConversationError::NotFound(_) => Code::NotFound,
            ConversationError::Forbidden(_) => Code::Forbidden,
            ConversationError::Invalid(_) | ConversationError::AlreadyCreated(_) => {
                Code::InvalidField
            }
            ConversationError::RateLimited(_) => Code::RateLimited,
            ConversationError::Unavailable(_)
            | ConversationError::Store(_)
            | ConversationError::Blobs(_) => Code::Unavailable,
            ConversationError::OutcomeUnknown(_) => Code::Internal,
        };
        let frame = Self::new(code, error.to_string());
        if error.source().is_some() {
            frame.caused_by(error)
        } else {
            frame
        }
    }
}

impl From<RecordingError> for FrameError {
    fn from(error: RecordingError) -> Self {
        let (code, retry_after_ms) = match &error {
            RecordingError::TooLong(_) => (Code::MessageTooLong, None),
            RecordingError::DayUsedUp { retry_after_ms } => {
                (Code::RateLimited, Some(*retry_after_ms))
            }
            RecordingError::NotSetUp
            | RecordingError::Blobs(_)
            | RecordingError::NotQueued
            | RecordingError::Store(_)
            | RecordingError::Write(_) => (Code::Unavailable, None),
        };
        let frame = Self {
            retry_after_ms,
            ..Self::new(code, error.to_string())
        };
        if error.source().is_some() {
            frame.caused_by(error)
        } else {
            frame
        }
    }
}

impl From<StoreError> for FrameError {
    fn from(error: StoreError) -> Self {
        ConversationError::from(error).into()
    }
}

impl From<InvalidMessage> for FrameError {
    fn from(bad: InvalidMessage) -> Self {
        let code = match bad {
            InvalidMessage::Empty => Code::EmptyMessage,
            InvalidMessage::Id => Code::InvalidField,
            InvalidMessage::TooLong | InvalidMessage::TooLarge => Code::MessageTooLong,
        };
        Self::new(code, bad.to_string())
    }
}
