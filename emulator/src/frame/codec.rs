//! Decodes and encodes frames in the protocol of a connection.

use std::sync::Arc;

use tokio_tungstenite::tungstenite::Message as WsMessage;

use super::client_frame::ClientFrame;
use super::error::FrameError;
use super::server_frame::ServerFrame;
use super::simple::{self, SimpleMode};
use super::{json, protobuf};
use crate::message::{Data, Message};
use crate::protocol::Protocol;

/// A frame that waits to be written to a client's socket.
#[derive(Debug, Clone)]
pub(crate) enum Outgoing {
    /// The number is the sequence id on a reliable connection.
    Message(Arc<Message>, Option<u64>),
    Frame(Arc<ServerFrame>),
}

impl Outgoing {
    /// Reads the clock only for messages that can expire.
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
    /// Decodes a text or binary WebSocket message.
    pub(crate) fn decode(
        self,
        frame: WsMessage,
        mode: &SimpleMode,
    ) -> Result<ClientFrame, FrameError> {
        match (self, frame) {
            (Self::Simple, WsMessage::Text(text)) => Ok(mode.frame(Data::Text(text))),
            (Self::Simple, frame) => Ok(mode.frame(Data::Binary(frame.into_data()))),
            (Self::Json { .. }, WsMessage::Text(text)) => json::decode(&text),
            (Self::Json { .. }, _) => Err(FrameError::BinaryForText),
            (Self::Protobuf { .. }, WsMessage::Binary(bytes)) => protobuf::decode(bytes),
            (Self::Protobuf { .. }, _) => Err(FrameError::TextForBinary),
        }
    }

    /// `None` if the protocol has no such frame.
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
                Some(WsMessage::Binary(protobuf::frame(frame)))
            }
        }
    }
}
