//! Close reasons for clients that send invalid data.

use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::frame::FrameError;
use crate::outbox::CloseReason;

/// The close reason for a read error; `None` if the socket is already gone.
pub(super) fn for_read_error(error: &WsError) -> Option<CloseReason> {
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { .. }) => Some(CloseReason::new(
            CloseCode::Size,
            "The client message is too large.",
        )),
        WsError::Utf8(_) => Some(CloseReason::new(
            CloseCode::Invalid,
            "The client message is not UTF-8.",
        )),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        WsError::Protocol(_) => Some(CloseReason::new(
            CloseCode::Protocol,
            "The client breaks the WebSocket protocol.",
        )),
        _ => None,
    }
}

impl From<FrameError> for CloseReason {
    fn from(bad: FrameError) -> Self {
        let code = match bad {
            FrameError::Json | FrameError::Protobuf => CloseCode::Invalid,
            FrameError::BinaryForText | FrameError::TextForBinary => CloseCode::Unsupported,
        };
        Self::new(code, &bad.to_string())
    }
}
