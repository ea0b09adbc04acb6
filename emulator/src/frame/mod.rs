//! Frames: what a client may ask, what it may be told, and how each protocol writes both.

pub(crate) mod json;
pub(crate) mod protobuf;
mod simple;

use std::sync::Arc;

use thiserror::Error;
use tokio_tungstenite::tungstenite::Message as WsMessage;

use crate::message::{Data, Message, Metadata, StreamError};
use crate::protocol::Protocol;

pub(crate) use simple::SimpleMode;

/// What a client asks for, whatever protocol it speaks.
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
        part: Option<(u64, Data)>,
    },
    StreamEnd {
        stream: String,
        error: Option<StreamError>,
    },
    SetGroupState {
        group: String,
        ack: Option<u64>,
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

#[derive(Debug, PartialEq)]
pub(crate) struct SendToGroup {
    pub(crate) group: String,
    pub(crate) ack: Option<u64>,
    pub(crate) no_echo: bool,
    pub(crate) ttl_seconds: u32,
    pub(crate) data: Data,
    pub(crate) metadata: Metadata,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) event: String,
    pub(crate) ack: Option<u64>,
    pub(crate) data: Data,
    pub(crate) metadata: Metadata,
}

/// What a client is told, besides messages.
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
        error: Option<Refusal>,
    },
    Pong,
    InvokeResponse {
        id: String,
        result: Result<Option<Data>, Refusal>,
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
        error: Option<Refusal>,
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
    /// Absent when it was cleared.
    pub(crate) state: Option<Metadata>,
    pub(crate) updated_at: i64,
}

/// Why something asked for was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) name: &'static str,
    pub(crate) message: String,
}

impl Refusal {
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

/// A frame that ends the connection of the client that sent it.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum BadFrame {
    #[error("The client message is not a valid JSON protocol message.")]
    Json,
    #[error("The client message is not a valid protobuf protocol message.")]
    Protobuf,
    #[error("The protocol takes only text messages.")]
    BinaryForText,
    #[error("The protocol takes only binary messages.")]
    TextForBinary,
}

/// Something to write on a client's socket.
#[derive(Debug, Clone)]
pub(crate) enum Outgoing {
    /// The number is the sequence id on a reliable connection.
    Message(Arc<Message>, Option<u64>),
    Frame(Arc<ServerFrame>),
}

impl Outgoing {
    /// Asks for the time only where it matters.
    pub(crate) fn is_expired(&self, now_ms: impl FnOnce() -> i64) -> bool {
        match self {
            Self::Message(message, _) => {
                message.expires_at.is_some() && message.is_expired(now_ms())
            }
            Self::Frame(_) => false,
        }
    }
}

impl Protocol {
    /// What a text or binary frame asks for.
    pub(crate) fn decode(
        self,
        frame: WsMessage,
        mode: &SimpleMode,
    ) -> Result<ClientFrame, BadFrame> {
        match (self, frame) {
            (Self::Simple, WsMessage::Text(text)) => Ok(mode.frame(Data::Text(text))),
            (Self::Simple, frame) => Ok(mode.frame(Data::Binary(frame.into_data()))),
            (Self::Json { .. }, WsMessage::Text(text)) => json::decode(&text),
            (Self::Json { .. }, _) => Err(BadFrame::BinaryForText),
            (Self::Protobuf { .. }, WsMessage::Binary(bytes)) => protobuf::decode(bytes),
            (Self::Protobuf { .. }, _) => Err(BadFrame::TextForBinary),
        }
    }

    /// `None` for what this protocol has no frame for.
    pub(crate) fn encode(self, outgoing: &Outgoing) -> Option<WsMessage> {
        match (self, outgoing) {
            (Self::Simple, Outgoing::Message(message, _)) => Some(simple::message(message)),
            (Self::Simple, Outgoing::Frame(_)) => None,
            (Self::Json { .. }, Outgoing::Message(message, sequence)) => {
                Some(WsMessage::Text(json::message(message, *sequence)))
            }
            (Self::Json { .. }, Outgoing::Frame(frame)) => {
                Some(WsMessage::text(json::frame(frame)))
            }
            (Self::Protobuf { .. }, Outgoing::Message(message, sequence)) => {
                Some(WsMessage::Binary(protobuf::message(message, *sequence)))
            }
            (Self::Protobuf { .. }, Outgoing::Frame(frame)) => {
                protobuf::frame(frame).map(WsMessage::Binary)
            }
        }
    }
}
