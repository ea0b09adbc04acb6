//! Why a frame was not carried out.

use std::borrow::Cow;

use serde::Serialize;

use crate::conversation::ConversationError;
use crate::conversation::message::BadContent;
use crate::store::StoreError;

/// The stable part of an error frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    Unavailable,
    Internal,
}

/// An error frame. The connection stays open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameError {
    #[serde(rename = "error")]
    pub code: Code,
    pub message: Cow<'static, str>,
    #[serde(rename = "closeCode", skip_serializing_if = "Option::is_none")]
    pub close_code: Option<u16>,
}

impl FrameError {
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            close_code: None,
        }
    }

    pub fn missing(field: &str) -> Self {
        Self::new(Code::MissingField, format!("`{field}` is missing"))
    }

    pub fn invalid(field: &str, wanted: &str) -> Self {
        Self::new(Code::InvalidField, format!("`{field}` must be {wanted}"))
    }
}

/// What a conversation answers, in a frame.
impl From<ConversationError> for FrameError {
    fn from(refused: ConversationError) -> Self {
        let (code, message) = match refused {
            ConversationError::NotFound(message) => (Code::NotFound, message),
            ConversationError::Forbidden(message) => (Code::Forbidden, message),
            ConversationError::Invalid(message) | ConversationError::AlreadyCreated(message) => {
                (Code::InvalidField, message)
            }
            ConversationError::Unavailable(message) => (Code::Unavailable, message),
            ConversationError::NotKnown => return Self::new(Code::Internal, refused.to_string()),
        };
        Self::new(code, message)
    }
}

impl From<StoreError> for FrameError {
    fn from(error: StoreError) -> Self {
        ConversationError::from(error).into()
    }
}

impl From<BadContent> for FrameError {
    fn from(bad: BadContent) -> Self {
        let code = match bad {
            BadContent::Empty => Code::EmptyMessage,
            BadContent::TooLong => Code::MessageTooLong,
        };
        Self::new(code, bad.to_string())
    }
}
