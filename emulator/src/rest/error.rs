//! Error responses of the REST API.

use std::borrow::Cow;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use serde_json::json;

use crate::response::{Response, response};

const ERROR_CODE: HeaderName = HeaderName::from_static("x-ms-error-code");
pub(super) const JSON: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json; charset=utf-8";

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RestError {
    NoSuchRoute,
    Unauthorized,
    BadRequest(Cow<'static, str>),
    UnsupportedMediaType,
    /// An unknown group or user in an existence check.
    NotThere(&'static str),
    /// An unknown connection or user, without an error code.
    NotFound,
    /// An unknown connection.
    NoConnection {
        code: &'static str,
        id: String,
    },
    TooManyRules,
}

impl RestError {
    pub(super) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::BadRequest(message.into())
    }

    pub(super) fn into_response(self) -> Response {
        match self {
            Self::NoSuchRoute => response(StatusCode::NOT_FOUND, None, ""),
            Self::Unauthorized => problem(StatusCode::UNAUTHORIZED, None),
            Self::UnsupportedMediaType => problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, None),
            Self::NotThere(code) => problem(StatusCode::NOT_FOUND, Some(code)),
            Self::NotFound => problem(StatusCode::NOT_FOUND, None),
            Self::BadRequest(message) => body(
                StatusCode::BAD_REQUEST,
                "Error.BadRequest",
                &message,
                "Request",
            ),
            Self::NoConnection { code, id } => {
                let message = format!("Connection `{id}` is not found.");
                with_code(
                    body(StatusCode::NOT_FOUND, code, &message, "Connection"),
                    code,
                )
            }
            Self::TooManyRules => {
                let code = "Error.Permission.TooManyRules";
                let message = "The connection has as many permission rules as it can have.";
                with_code(
                    body(StatusCode::CONFLICT, code, message, "Permission"),
                    code,
                )
            }
        }
    }
}

fn body(status: StatusCode, code: &str, message: &str, target: &str) -> Response {
    let body = json!({ "code": code, "message": message, "target": target });
    response(status, Some(JSON), body.to_string())
}

fn problem(status: StatusCode, code: Option<&'static str>) -> Response {
    let body = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16() });
    let response = response(status, Some(PROBLEM), body.to_string());
    match code {
        Some(code) => with_code(response, code),
        None => response,
    }
}

fn with_code(mut response: Response, code: &'static str) -> Response {
    response
        .headers_mut()
        .insert(ERROR_CODE, HeaderValue::from_static(code));
    response
}
