//! Simple WebSocket clients: a frame holds only data, without an envelope.

use tokio_tungstenite::tungstenite::Message as WsMessage;

use super::client_frame::{ClientFrame, Event, SendToGroup};
use crate::message::{Data, Message, Metadata};

/// What the service does with the frames of a simple client. The URL of the client decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum SimpleMode {
    /// Each is the user event `message`.
    #[default]
    SendEvent,
    /// Each is published to the group.
    SendToGroup { group: String, no_echo: bool },
}

impl SimpleMode {
    pub(super) fn frame(&self, data: Data) -> ClientFrame {
        match self {
            Self::SendEvent => ClientFrame::Event(Event {
                event: "message".to_owned(),
                ack: None,
                data,
                metadata: Metadata::new(),
            }),
            Self::SendToGroup { group, no_echo } => ClientFrame::SendToGroup(SendToGroup {
                group: group.clone(),
                ack: None,
                no_echo: *no_echo,
                ttl_seconds: 0,
                data,
                metadata: Metadata::new(),
            }),
        }
    }
}

pub(super) fn message(message: &Message) -> WsMessage {
    match &message.data {
        Data::Text(text) | Data::Json(text) => WsMessage::Text(text.clone()),
        Data::Binary(bytes) | Data::Protobuf(bytes) => WsMessage::Binary(bytes.clone()),
    }
}
