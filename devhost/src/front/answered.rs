use uuid::Uuid;

use super::Request;
use super::request::BodyFailure;
use crate::host::Host;
use crate::http::{Fields, Reply};

/// What became of a request.
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
    /// The answer has already gone out, piece by piece.
    Streamed {
        status: u16,
        keeps_alive: bool,
    },
}

/// A call that ends in the host's own 500.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reply: Box<Reply>,
    pub(crate) why: String,
}

impl Failure {
    pub(crate) fn new(why: impl std::fmt::Display) -> Self {
        Self {
            reply: Box::new(Reply::failed()),
            why: why.to_string(),
        }
    }
}

impl From<BodyFailure> for Failure {
    /// After such a body nothing more can be read from the connection.
    fn from(failure: BodyFailure) -> Self {
        let reply = Box::new(Reply::failed().with("Connection", "close"));
        Self {
            reply,
            why: failure.to_string(),
        }
    }
}

pub(super) fn replied(result: Result<Reply, Failure>) -> (Content, Option<String>) {
    match result {
        Ok(reply) => (Content::Reply(reply), None),
        Err(failure) => (Content::Reply(*failure.reply), Some(failure.why)),
    }
}

impl Answered {
    pub(super) fn own(reply: Reply) -> Self {
        Self {
            content: Content::Reply(reply),
            function: None,
            invocation: None,
            failure: None,
        }
    }
}

/// Adds what every answer of the host carries.
pub(super) fn decorate(host: &Host, fields: &mut Fields, request: &Request) {
    for (name, value) in &host.app.host.custom_headers {
        if !fields.contains(name) {
            fields.push(name.clone(), value.clone());
        }
    }
    if let Some(cors) = &host.cors {
        cors.decorate(fields, request.header("Origin"), &request.head.method);
    }
}
