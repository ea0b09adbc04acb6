//! The kinds of client that the service accepts.

use crate::hub::HubName;

/// The kind of client; each has its own path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClientProtocol {
    /// Plain WebSockets and the `*.webpubsub.azure.v1` subprotocols.
    #[default]
    Default,
    /// MQTT over WebSockets.
    Mqtt,
    /// Socket.IO; needs a service that was created for it.
    SocketIo,
}

impl ClientProtocol {
    pub(crate) fn path(self, hub: &HubName) -> String {
        let prefix = match self {
            Self::Default => "/client/hubs/",
            Self::Mqtt => "/clients/mqtt/hubs/",
            Self::SocketIo => "/clients/socketio/hubs/",
        };
        format!("{prefix}{hub}")
    }
}
