//! The WebSocket itself.

use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::stream::Stream;

pub(super) type Socket = WebSocketStream<Stream>;

/// The longest message that a client may send.
const MAX_MESSAGE: usize = 1024 * 1024;
/// Reserved for every connection, so it is small; longer messages grow it.
const READ_BUFFER: usize = 4 * 1024;

/// The WebSocket on a connection that HTTP has let go of.
pub(super) async fn upgraded(upgraded: Upgraded) -> Option<Socket> {
    let parts = upgraded.downcast::<TokioIo<Stream>>().ok()?;
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

/// Lets the client read what was written last: a socket closed with input unread resets the
/// connection and takes those bytes with it.
pub(super) async fn linger(socket: Socket, patience: Duration) {
    let mut stream = socket.into_inner();
    let _ = tokio::time::timeout(patience, async {
        stream.shutdown().await?;
        let mut sink = [0; 1024];
        while stream.read(&mut sink).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
}
