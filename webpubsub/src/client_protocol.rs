//! The kinds of client that the service accepts.

/// The kind of client that will connect. Each kind has its own URL path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClientProtocol {
    /// Plain WebSockets and the `*.webpubsub.azure.v1` subprotocols.
    #[default]
    Default,
    /// MQTT over WebSockets.
    Mqtt,
    /// Socket.IO. The service must have been created as Web PubSub for Socket.IO.
    SocketIo,
}

impl ClientProtocol {
    /// The path of its URLs, up to the name of the hub.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Default => "/client/hubs/",
            Self::Mqtt => "/clients/mqtt/hubs/",
            Self::SocketIo => "/clients/socketio/hubs/",
        }
    }
}
