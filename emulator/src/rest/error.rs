//! Error responses of the REST API, in the form of the real service.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::json;

use crate::response::{Response, response};

const ERROR_CODE: HeaderName = HeaderName::from_static("x-ms-error-code");
const BAD_REQUEST: &str = "Error.BadRequest";
pub(super) const JSON: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json; charset=utf-8";

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RestError {
    NoSuchRoute,
    Unauthorized,
    BadRequest(Cow<'static, str>),
    /// A parameter that breaks a rule.
    InvalidParameter {
        name: &'static str,
        message: Cow<'static, str>,
    },
    UnsupportedMediaType,
    /// An unknown connection, user or group.
    NotExisted {
        code: &'static str,
        kind: &'static str,
        id: String,
    },
    TooManyRules,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    target: &'a str,
    details: (),
    innererror: (),
}

/// What the service's web framework makes of an invalid parameter.
#[derive(Serialize)]
struct ValidationProblem<'a> {
    code: &'a str,
    message: &'a str,
    target: &'a str,
    errors: BTreeMap<&'a str, [&'a str; 1]>,
    r#type: (),
    title: &'a str,
    status: u16,
    detail: (),
    instance: (),
    extensions: BTreeMap<&'a str, ()>,
}

impl RestError {
    pub(super) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::BadRequest(message.into())
    }

    pub(super) fn invalid(name: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self::InvalidParameter { name, message }
    }

    pub(super) fn invalid_group(name: &'static str) -> Self {
        Self::invalid(
            name,
            "The group name must be between 1 and 1024 characters long.",
        )
    }

    pub(super) fn no_connection(code: &'static str, id: &str) -> Self {
        Self::NotExisted {
            code,
            kind: "Connection",
            id: id.to_owned(),
        }
    }

    pub(super) fn no_user(id: &str) -> Self {
        Self::NotExisted {
            code: "Warning.User.NotExisted",
            kind: "User",
            id: id.to_owned(),
        }
    }

    pub(super) fn no_group(name: &str) -> Self {
        Self::NotExisted {
            code: "Warning.Group.NotExisted",
            kind: "Group",
            id: name.to_owned(),
        }
    }

    pub(super) fn into_response(self) -> Response {
        match self {
            Self::NoSuchRoute => response(StatusCode::NOT_FOUND, None, ""),
            Self::Unauthorized => problem(StatusCode::UNAUTHORIZED),
            Self::UnsupportedMediaType => problem(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::BadRequest(message) => {
                error(StatusCode::BAD_REQUEST, BAD_REQUEST, &message, "Request")
            }
            Self::InvalidParameter { name, message } => validation_problem(name, &message),
            Self::NotExisted { code, kind, id } => {
                let message = format!("{kind} `{id}` is not found.");
                error(StatusCode::NOT_FOUND, code, &message, kind)
            }
            Self::TooManyRules => {
                let message = "The connection has the maximum number of permission rules.";
                let code = "Error.Permission.TooManyRules";
                error(StatusCode::CONFLICT, code, message, "Permission")
            }
        }
    }
}

fn error(status: StatusCode, code: &'static str, message: &str, target: &str) -> Response {
    let body = Body {
        code,
        message,
        target,
        details: (),
        innererror: (),
    };
    with_code(response(status, Some(JSON), to_json(&body)), code)
}

fn validation_problem(target: &str, message: &str) -> Response {
    let status = StatusCode::BAD_REQUEST;
    let body = ValidationProblem {
        code: BAD_REQUEST,
        message,
        target,
        errors: BTreeMap::from([(target, [message])]),
        r#type: (),
        title: "One or more validation errors occurred.",
        status: status.as_u16(),
        detail: (),
        instance: (),
        extensions: BTreeMap::new(),
    };
    with_code(response(status, Some(PROBLEM), to_json(&body)), BAD_REQUEST)
}

/// Strings and numbers, which cannot fail.
fn to_json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

fn problem(status: StatusCode) -> Response {
    let body = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16() });
    response(status, Some(PROBLEM), body.to_string())
}

fn with_code(mut response: Response, code: &'static str) -> Response {
    response
        .headers_mut()
        .insert(ERROR_CODE, HeaderValue::from_static(code));
    response
}
