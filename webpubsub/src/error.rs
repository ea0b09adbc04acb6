//! What can go wrong with a call to the service.

use std::error::Error as StdError;
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
    /// The service answered, and not with success.
    #[error("the service answered {status}{}", detail(code.as_deref(), message.as_deref()))]
    Service {
        /// The answer's status.
        status: StatusCode,
        /// The service's own code, for instance `Error.Connection.NotExisted`.
        code: Option<String>,
        /// What the service says about it, for people.
        message: Option<String>,
    },
    /// No answer in the time that the options grant. The service may have acted all the same.
    #[error("the service gave no answer within {0:?}")]
    TimedOut(Duration),
    /// The connection failed before an answer was there. Unless it never came about, the
    /// service may have acted all the same.
    #[error("the service could not be reached")]
    Unreachable(#[source] azure_core::Error),
    /// The credential gave no token.
    #[error("no token for the service")]
    Credential(#[source] azure_core::Error),
    /// The call could not be put into a request.
    #[error(transparent)]
    InvalidArgument(#[from] ArgumentError),
    /// The service answered with success, but not with what the call returns.
    #[error("the service's answer could not be read: {0}")]
    UnexpectedResponse(&'static str),
    /// A page's link leads away from our endpoint, and would take our token there.
    #[error("the service's next page is not at our endpoint")]
    ForeignLink,
    /// What azure_core reports beyond these.
    #[error("the request failed")]
    Other(#[source] azure_core::Error),
}

impl Error {
    /// The status of the service's answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Service { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The service's own code for it.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Whether the connection, user or group is not there.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Whether the same call may succeed later. The client has then already retried it.
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

    pub(crate) fn from_pipeline(error: azure_core::Error) -> Self {
        if let Some(TryTimeoutError(after)) = find(&error) {
            return Self::TimedOut(*after);
        }
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

/// An argument that has no place in a request. Said before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// Empty, `.` or `..`: as a part of a path these would address something else, such as
    /// the whole hub instead of one user.
    #[error("{0} must not be empty, `.` or `..`")]
    Name(&'static str),
    /// An option that this operation does not have. Dropping it in silence would, for
    /// instance, send to who was excluded.
    #[error("{operation} has no option `{option}`")]
    Option {
        /// The operation.
        operation: &'static str,
        /// The option it lacks.
        option: &'static str,
    },
    /// A message can be kept for at most five minutes.
    #[error("a message's time to live is at most 300 seconds")]
    TimeToLive,
    /// A key or value that cannot be a header.
    #[error("metadata must be printable ASCII, and its key a header name")]
    Metadata,
    /// There must be at least one group.
    #[error("the list of groups is empty")]
    NoGroups,
    /// Pages hold 1 to 200 connections, and a list at least one.
    #[error("a page holds 1 to 200 connections and a list at least one")]
    PageSize,
    /// A bearer token must not travel in the clear.
    #[error("a token credential needs an https endpoint")]
    InsecureEndpoint,
    /// The URL would change on its way, and the token be for another one.
    #[error("the request's URL is not in its normal form")]
    Url,
}

/// Marks a try that ran out of time, inside the pipeline's own error.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
pub(crate) struct TryTimeoutError(pub(crate) Duration);

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
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
