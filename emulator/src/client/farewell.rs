//! How to part with a client that sent what it should not have.

use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::frame::BadFrame;
use crate::outbox::Farewell;

/// How to part with a client whose bytes make no sense; `None` when there is nobody to tell.
pub(super) fn for_unreadable(error: &WsError) -> Option<Farewell> {
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { .. }) => Some(Farewell::new(
            CloseCode::Size,
            "The client message is too large.",
        )),
        WsError::Utf8(_) => Some(Farewell::new(
            CloseCode::Invalid,
            "The client message is not UTF-8.",
        )),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        WsError::Protocol(_) => Some(Farewell::new(
            CloseCode::Protocol,
            "The client breaks the WebSocket protocol.",
        )),
        _ => None,
    }
}

impl From<BadFrame> for Farewell {
    fn from(bad: BadFrame) -> Self {
        let code = match bad {
            BadFrame::Json | BadFrame::Protobuf => CloseCode::Invalid,
            BadFrame::BinaryForText | BadFrame::TextForBinary => CloseCode::Unsupported,
        };
        Self::new(code, &bad.to_string())
    }
}
