//! The one body of a failed request (RFC 9457), and the one place where errors become statuses.

use std::borrow::Cow;
use std::error::Error;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::access::admission::AdmissionError;
use crate::access::caller::rights::RightsError;
use crate::access::rate_limit::RateLimited;
use crate::access::service_proof::ProofError;
use crate::config::ConfigErrors;
use crate::conversation::ConversationError;
use crate::store::StoreError;

/// The answer to a request that failed: only what the client can act on. The cause is logged
/// once, as this becomes a response.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    close_code: Option<u16>,
    retry_after_seconds: Option<u64>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// The body, as the OpenAPI document describes it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`: `code` says what happened.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status again.
    status: u16,
    /// What went wrong, in a sentence.
    detail: Cow<'static, str>,
    /// Stable and machine-readable.
    #[schema(example = "missing_target")]
    code: &'static str,
    /// The code with which a server that holds its own sockets would have closed this one.
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
            "say what to connect to: `room_id`, or one of `chat_id`, `session_id`, `org_id`, \
             `device_id`, `channel`",
        )
    }

    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this path takes other methods; `Allow` lists them",
        )
    }

    pub fn already_created(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "already_created", detail)
    }

    pub fn key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key_reused",
            "this `Idempotency-Key` was used for another body",
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
            "pages of this origin may not connect here",
        )
    }

    pub fn rate_limited(retry_after_seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "too many calls; `Retry-After` says how many seconds to wait",
            )
        }
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

    /// Whether it is certain that the call had no effect.
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
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<RateLimited> for Problem {
    fn from(too_often: RateLimited) -> Self {
        Self::rate_limited(too_often.retry_after_seconds)
    }
}

impl From<ConversationError> for Problem {
    fn from(error: ConversationError) -> Self {
        let problem = match &error {
            ConversationError::NotFound(detail) => Self::not_found(*detail),
            ConversationError::Forbidden(detail) => Self::forbidden(*detail),
            ConversationError::Invalid(detail) => Self::invalid_parameter(*detail),
            ConversationError::AlreadyCreated(detail) => Self::already_created(*detail),
            ConversationError::Unavailable(_)
            | ConversationError::Store(_)
            | ConversationError::Blobs(_) => Self::unavailable(error.to_string()),
            ConversationError::OutcomeUnknown(_) => Self::internal(error.to_string()),
        };
        if error.source().is_some() {
            problem.caused_by(error)
        } else {
            problem
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        ConversationError::from(error).into()
    }
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Self {
        let status = match &error {
            AdmissionError::InvalidParameter(detail) => {
                return Self::invalid_parameter(detail.clone());
            }
            AdmissionError::MissingTarget => return Self::missing_target(),
            AdmissionError::TooManyGuesses {
                retry_after_seconds,
            } => return Self::rate_limited(*retry_after_seconds),
            AdmissionError::Unauthenticated
            | AdmissionError::TokenInvalid { .. }
            | AdmissionError::TokenExpired { .. }
            | AdmissionError::UnknownUser => StatusCode::UNAUTHORIZED,
            AdmissionError::Forbidden(_)
            | AdmissionError::NotAParticipant
            | AdmissionError::NotAMember
            | AdmissionError::Banned
            | AdmissionError::PasswordRequired
            | AdmissionError::WrongPassword
            | AdmissionError::InviteRequired
            | AdmissionError::InviteSpent => StatusCode::FORBIDDEN,
            AdmissionError::Store(_) | AdmissionError::Write(_) | AdmissionError::Keys(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let problem = Self {
            close_code: error.close_code(),
            ..Self::new(status, error.code(), error.to_string())
        };
        if error.source().is_some() {
            problem.caused_by(error)
        } else {
            problem
        }
    }
}

impl From<RightsError> for Problem {
    fn from(error: RightsError) -> Self {
        match error {
            RightsError::Caller(error) => AdmissionError::from(error).into(),
            RightsError::Forbidden(_) => Self::forbidden(error.to_string()),
        }
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::NotOurs => Self::unauthenticated(error.to_string()),
            ProofError::KeysUnavailable(_) => Self::unavailable(error.to_string()).caused_by(error),
        }
    }
}

impl From<&ConfigErrors> for Problem {
    fn from(mistakes: &ConfigErrors) -> Self {
        Self::server_misconfigured(mistakes.to_string())
    }
}
