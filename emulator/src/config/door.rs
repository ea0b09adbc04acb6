//! The way to handlers in this process.

use tokio::io::DuplexStream;
use tokio::sync::mpsc::UnboundedSender;

#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// The host and port in the handlers' URLs.
    pub(crate) authority: String,
    /// Takes the handlers' side of each connection.
    pub(crate) connections: UnboundedSender<DuplexStream>,
}
