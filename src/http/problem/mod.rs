//! The body of every failed request (RFC 9457).

pub mod responses;

mod convert;

use std::borrow::Cow;
use std::error::Error;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const MEDIA_TYPE: &str = "application/problem+json";
/// The name of [`ProblemBody`] in the OpenAPI document.
pub(crate) const SCHEMA: &str = "Problem";

/// The answer to a failed request. It holds only what the client can act on; the cause is logged
/// once, when this becomes a response.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    close_code: Option<u16>,
    retry_after_seconds: Option<u64>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// The body of a problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`; `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the HTTP status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// A sentence for a person.
    detail: Cow<'static, str>,
    /// Stable and machine-readable.
    #[schema(example = "missing_target")]
    code: &'static str,
    /// The close code that a server with its own sockets would have sent.
    #[serde(rename = "closeCode", skip_serializing_if = "Option::is_none")]
    close_code: Option<u16>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            close_code: None,
            retry_after_seconds: None,
            cause: None,
        }
    }

    pub fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Box::new(cause)),
            ..self
        }
    }

    pub fn invalid_parameter(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", detail)
    }

    pub fn missing_target() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "missing_target",
            "name a target: `room_id`, `chat_id`, `session_id`, `org_id`, `device_id` or `channel`",
        )
    }

    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this path does not support the method; `Allow` lists those it supports",
        )
    }

    pub fn already_created(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "already_created", detail)
    }

    pub fn key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key_reused",
            "this `Idempotency-Key` was used with another body",
        )
    }

    pub fn key_in_use() -> Self {
        Self {
            retry_after_seconds: Some(1),
            ..Self::new(
                StatusCode::CONFLICT,
                "key_in_use",
                "the first call with this `Idempotency-Key` has not ended yet",
            )
        }
    }

    pub fn too_large(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub fn unauthenticated(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    pub fn token_invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_invalid", detail)
    }

    pub fn origin_not_allowed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "origin_not_allowed",
            "this origin is not allowed to connect",
        )
    }

    pub fn rate_limited(retry_after_seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "too many calls; `Retry-After` holds the seconds to wait",
            )
        }
    }

    pub fn device_offline(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "device_offline", detail)
    }

    pub fn device_timeout(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "device_timeout", detail)
    }

    pub fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    pub fn server_misconfigured(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_misconfigured",
            detail,
        )
    }

    pub fn internal(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// Whether the call certainly had no effect.
    pub fn created_nothing(&self) -> bool {
        self.status.is_client_error() || self.code == "unavailable"
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(
                error = &**cause as &dyn Error,
                "answered {} {}",
                self.status.as_u16(),
                self.code
            );
        }
        let body = ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            close_code: self.close_code,
        };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
