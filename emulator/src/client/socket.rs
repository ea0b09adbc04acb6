//! A client's WebSocket.

use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::transport::Transport;

pub(super) type Socket = WebSocketStream<Transport>;

/// The size of the longest message that a client may send.
const MAX_MESSAGE: usize = 1024 * 1024;
/// Small, since every connection reserves it. Longer messages grow it.
const READ_BUFFER: usize = 4 * 1024;

/// Takes over the transport of an upgraded HTTP connection.
pub(super) async fn upgraded(upgraded: Upgraded) -> Option<Socket> {
    let parts = upgraded.downcast::<TokioIo<Transport>>().ok()?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let stream = parts.io.into_inner();
    let socket = WebSocketStream::from_partially_read(
        stream,
        parts.read_buf.to_vec(),
        Role::Server,
        Some(config),
    );
    Some(socket.await)
}

/// Waits until the client has read everything. Closing a socket with unread input resets the
/// connection, and the client then loses what was sent last.
pub(super) async fn linger(socket: Socket, limit: Duration) {
    let mut stream = socket.into_inner();
    let _ = tokio::time::timeout(limit, async {
        stream.shutdown().await?;
        let mut sink = [0; 1024];
        while stream.read(&mut sink).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
}
