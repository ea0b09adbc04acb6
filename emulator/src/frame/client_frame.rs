//! Requests that a client sends, independent of its protocol.

use crate::message::{Data, Metadata, StreamError};

/// The longest time to live that a client may give a message.
pub(super) const MAX_TTL_SECONDS: u32 = 300;

/// A client's request.
#[derive(Debug, PartialEq)]
pub(crate) enum ClientFrame {
    JoinGroup {
        group: String,
        ack: Option<u64>,
    },
    LeaveGroup {
        group: String,
        ack: Option<u64>,
    },
    SendToGroup(SendToGroup),
    Event(Event),
    Ping,
    SequenceAck(u64),
    Invoke {
        id: String,
        event: String,
        data: Data,
    },
    CancelInvocation {
        id: String,
    },
    StreamStart {
        group: String,
        stream: String,
        no_echo: bool,
        idle_ms: Option<u64>,
    },
    StreamData {
        stream: String,
        /// Absent in a frame that only keeps the stream alive.
        part: Option<(u64, Data)>,
    },
    StreamEnd {
        stream: String,
        error: Option<StreamError>,
    },
    SetGroupState {
        group: String,
        ack: Option<u64>,
        /// `None` clears the state.
        state: Option<Metadata>,
    },
    SubscribeGroupState {
        group: String,
        ack: Option<u64>,
    },
    UnsubscribeGroupState {
        group: String,
        ack: Option<u64>,
    },
}

/// A message to publish to a group.
#[derive(Debug, PartialEq)]
pub(crate) struct SendToGroup {
    pub(crate) group: String,
    pub(crate) ack: Option<u64>,
    pub(crate) no_echo: bool,
    pub(crate) ttl_seconds: u32,
    pub(crate) data: Data,
    pub(crate) metadata: Metadata,
}

/// A user event for the application's handler.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) event: String,
    pub(crate) ack: Option<u64>,
    pub(crate) data: Data,
    pub(crate) metadata: Metadata,
}
