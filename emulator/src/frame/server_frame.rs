//! Frames that the service sends to a client, apart from messages.

use std::sync::Arc;

use crate::message::{Data, Metadata};

/// The error of a `StreamNack`.
pub(super) const INVALID_SEQUENCE_ID: (&str, &str) = (
    "InvalidSequenceId",
    "The sequence id is higher than the expected one.",
);

/// A reply or a notification for one client.
#[derive(Debug)]
pub(crate) enum ServerFrame {
    Connected {
        connection: Arc<str>,
        user: Option<Arc<str>>,
        reconnection_token: Option<String>,
    },
    Disconnected {
        reason: String,
    },
    Ack {
        id: u64,
        error: Option<RequestError>,
    },
    Pong,
    InvokeResponse {
        id: String,
        result: Result<Option<Data>, RequestError>,
    },
    StreamAck {
        stream: Arc<str>,
        expected: u64,
    },
    StreamNack {
        stream: Arc<str>,
        expected: u64,
    },
    StreamClosed {
        stream: Arc<str>,
        error: Option<RequestError>,
    },
    GroupState {
        group: Arc<str>,
        items: Arc<[StateItem]>,
        snapshot: bool,
    },
}

/// One connection's state in a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StateItem {
    pub(crate) connection: Arc<str>,
    pub(crate) user: Option<Arc<str>>,
    /// `None` once it was cleared.
    pub(crate) state: Option<Metadata>,
    pub(crate) updated_at: i64,
}

/// Why the service did not do what a client requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestError {
    pub(crate) name: &'static str,
    pub(crate) message: String,
}

impl RequestError {
    pub(crate) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
        }
    }

    pub(crate) fn internal() -> Self {
        Self::new("InternalServerError", "Internal server error")
    }
}
