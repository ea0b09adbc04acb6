//! The errors of a call to the service.

use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::RawResponse;
use azure_core::http::headers::ERROR_CODE;
use http::StatusCode;
use serde::Deserialize;

/// Why a call to the service failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service answered with a status other than success.
    #[error("the service answered {status}{}", detail(code.as_deref(), message.as_deref()))]
    Service {
        /// The status of the response.
        status: StatusCode,
        /// The service's error code, for instance `Error.Connection.NotExisted`.
        code: Option<String>,
        /// The service's error message, for people.
        message: Option<String>,
    },
    /// The service did not answer within the time limit. It may have acted nevertheless.
    #[error("the service did not answer within {0:?}")]
    TimedOut(Duration),
    /// The connection failed before the response arrived. If the request was sent, the service
    /// may have acted nevertheless.
    #[error("the service could not be reached")]
    Unreachable(#[source] azure_core::Error),
    /// The credential returned no token.
    #[error("failed to get a token for the service")]
    Credential(#[source] azure_core::Error),
    /// An argument is not valid. Nothing was sent.
    #[error(transparent)]
    InvalidArgument(#[from] ArgumentError),
    /// The service answered with success, but the body is not the expected one.
    #[error("unexpected response from the service: {0}")]
    UnexpectedResponse(&'static str),
    /// The link to the next page leads to another origin. Following it would send our token
    /// there.
    #[error("the link to the next page leads to another origin")]
    ForeignLink,
    /// Any other error of azure_core.
    #[error("the request failed")]
    Other(#[source] azure_core::Error),
}

impl Error {
    /// The status of the service's response, if it reported an error.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Service { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The service's error code, if it sent one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Whether the connection, user or group does not exist.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Whether the same call may succeed later. The client has already retried such a call.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Service { status, .. } => matches!(
                *status,
                StatusCode::REQUEST_TIMEOUT
                    | StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::INTERNAL_SERVER_ERROR
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            Self::TimedOut(_) | Self::Unreachable(_) => true,
            Self::Credential(_)
            | Self::InvalidArgument(_)
            | Self::UnexpectedResponse(_)
            | Self::ForeignLink
            | Self::Other(_) => false,
        }
    }

    pub(crate) fn from_response(response: &RawResponse) -> Self {
        let body: Body = serde_json::from_slice(response.body()).unwrap_or_default();
        let header = response.headers().get_optional_string(&ERROR_CODE);
        Self::Service {
            status: StatusCode::from_u16(response.status().into())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: header.or(body.code).filter(|code| !code.is_empty()),
            message: body.message.filter(|message| !message.is_empty()),
        }
    }

    pub(crate) fn from_core(error: azure_core::Error) -> Self {
        match error.kind() {
            ErrorKind::HttpResponse {
                raw_response: Some(response),
                ..
            } => Self::from_response(response),
            ErrorKind::Connection | ErrorKind::Io => Self::Unreachable(error),
            ErrorKind::Credential => Self::Credential(error),
            ErrorKind::HttpResponse { .. } | ErrorKind::DataConversion | ErrorKind::Other => {
                Self::Other(error)
            }
        }
    }
}

/// An argument that cannot be sent. Reported before any request is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// The name is empty, `.` or `..`. In a path, such a name would address something else,
    /// for instance the whole hub instead of one user.
    #[error("{0} must not be empty, `.` or `..`")]
    Name(&'static str),
    /// The operation does not support this option. Ignoring it could, for instance, send to
    /// an excluded connection.
    #[error("{operation} has no option `{option}`")]
    Option {
        /// The operation.
        operation: &'static str,
        /// The unsupported option.
        option: &'static str,
    },
    /// The time to live is longer than five minutes.
    #[error("a message's time to live is at most 300 seconds")]
    TimeToLive,
    /// A key or a value cannot be sent as a header.
    #[error("metadata must be printable ASCII, and its key a header name")]
    Metadata,
    /// The list of groups is empty.
    #[error("the list of groups is empty")]
    NoGroups,
    /// `max_page_size` is not between 1 and 200, or `top` is 0.
    #[error("a page holds 1 to 200 connections and a list at least one")]
    PageSize,
    /// The endpoint is not https. A bearer token must not be sent in the clear.
    #[error("a token credential requires an https endpoint")]
    InsecureEndpoint,
    /// The URL would be normalized before it is sent, and the token would not match it.
    #[error("the request's URL is not in its normal form")]
    Url,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    code: Option<String>,
    message: Option<String>,
}

fn detail(code: Option<&str>, message: Option<&str>) -> String {
    match (code, message) {
        (None, None) => String::new(),
        (Some(text), None) | (None, Some(text)) => format!(": {text}"),
        (Some(code), Some(message)) => format!(": {code}: {message}"),
    }
}
