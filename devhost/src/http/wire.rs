//! A connection with a read buffer.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::request::{RequestError, RequestHead};
use super::stream::Stream;

/// How long a connection may stay open without a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(130);
/// How long a caller may take to send a head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection, with the bytes that were read but not used yet.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) stream: Stream,
    pub(crate) buffer: BytesMut,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self::over(Stream::Tcp(stream)))
    }

    pub(crate) fn over(stream: Stream) -> Self {
        Self {
            stream,
            buffer: BytesMut::with_capacity(4096),
        }
    }

    /// Reads more bytes; returns zero at the end of the stream.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(4096);
        self.stream.read_buf(&mut self.buffer).await
    }

    /// The head of the next request; `None` at the end of the connection.
    pub(crate) async fn next_head(&mut self) -> Result<Option<RequestHead>, RequestError> {
        if self.buffer.is_empty() {
            match timeout(IDLE_TIMEOUT, self.fill()).await {
                Ok(Ok(read)) if read > 0 => {}
                _ => return Ok(None),
            }
        }
        let reading = async {
            loop {
                if let Some(head) = RequestHead::take(&mut self.buffer)? {
                    return Ok(Some(head));
                }
                if !matches!(self.fill().await, Ok(read) if read > 0) {
                    return Ok(None);
                }
            }
        };
        timeout(HEAD_TIMEOUT, reading)
            .await
            .unwrap_or(Err(RequestError::TooSlow))
    }

    pub(crate) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Whether the other side has closed the connection or sent bytes that it should not send.
    pub(crate) fn is_stale(&self) -> bool {
        !self.stream.is_quiet() || !self.buffer.is_empty()
    }

    /// Closes the connection, but reads on for a moment first: closing it while the other side
    /// still sends would reset it, and the answer could be lost.
    pub(crate) async fn close_gently(mut self) {
        if self.stream.shutdown().await.is_err() {
            return;
        }
        let drained = async {
            loop {
                self.buffer.clear();
                if !matches!(self.fill().await, Ok(read) if read > 0) {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), drained).await;
    }
}
