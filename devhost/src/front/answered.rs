//! The result of a request, for the caller and for the log.

use uuid::Uuid;

use super::request::{Request, RequestBodyError};
use crate::host::Host;
use crate::http::{Fields, Reply};

/// The result of a request.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) content: Content,
    pub(crate) function: Option<String>,
    pub(crate) invocation: Option<Uuid>,
    pub(crate) failure: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Reply(Reply),
    /// The answer was already sent, piece by piece.
    Streamed {
        status: u16,
        keeps_alive: bool,
    },
}

/// A failed call: the answer to the caller, and the reason.
#[derive(Debug)]
pub(crate) struct CallError {
    pub(crate) reply: Box<Reply>,
    pub(crate) reason: String,
}

impl CallError {
    /// A call that the host answers with 500.
    pub(crate) fn new(reason: impl std::fmt::Display) -> Self {
        Self {
            reply: Box::new(Reply::failed()),
            reason: reason.to_string(),
        }
    }
}

impl From<RequestBodyError> for CallError {
    /// After such a body, the connection cannot be used again.
    fn from(error: RequestBodyError) -> Self {
        let reply = Box::new(Reply::failed().with("Connection", "close"));
        Self {
            reply,
            reason: error.to_string(),
        }
    }
}

pub(super) fn replied(result: Result<Reply, CallError>) -> (Content, Option<String>) {
    match result {
        Ok(reply) => (Content::Reply(reply), None),
        Err(error) => (Content::Reply(*error.reply), Some(error.reason)),
    }
}

impl Answered {
    /// Without calling a function.
    pub(super) fn without_function(reply: Reply) -> Self {
        Self {
            content: Content::Reply(reply),
            function: None,
            invocation: None,
            failure: None,
        }
    }
}

/// Adds the headers that every answer of the host has.
pub(super) fn add_common_headers(host: &Host, fields: &mut Fields, request: &Request) {
    for (name, value) in &host.app.host.custom_headers {
        if !fields.contains(name) {
            fields.push(name.clone(), value.clone());
        }
    }
    if let Some(cors) = &host.cors {
        cors.decorate(fields, request.header("Origin"), &request.head.method);
    }
}
