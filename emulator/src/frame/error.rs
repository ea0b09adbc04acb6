//! Frames that the service cannot accept.

use thiserror::Error;

/// An invalid frame. It ends the connection of the client that sent it.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum FrameError {
    #[error("The client message is not a valid JSON protocol message.")]
    Json,
    #[error("The client message is not a valid protobuf protocol message.")]
    Protobuf,
    #[error("The protocol takes only text messages.")]
    BinaryForText,
    #[error("The protocol takes only binary messages.")]
    TextForBinary,
}
