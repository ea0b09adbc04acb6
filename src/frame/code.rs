//! Why a frame was not carried out.

use std::borrow::Cow;

use serde::Serialize;

/// The stable part of an error frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    BadFrame,
    UnknownType,
    MissingField,
    InvalidField,
    MessageTooLong,
    Forbidden,
    TokenExpired,
    Unavailable,
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
