use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Refusal, RequestHead};

/// How long a connection may be silent between two requests.
const IDLE_AT_MOST: Duration = Duration::from_secs(130);
/// How long a caller may take over its headers.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// A connection and what has been read from it ahead of time.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    pub(crate) buffer: BytesMut,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: BytesMut::with_capacity(4096),
        })
    }

    /// Reads some more; zero is the end of the stream.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(4096);
        self.stream.read_buf(&mut self.buffer).await
    }

    /// The head of the next request; `None` at the end of the connection.
    pub(crate) async fn next_head(&mut self) -> Result<Option<RequestHead>, Refusal> {
        if self.buffer.is_empty() {
            match timeout(IDLE_AT_MOST, self.fill()).await {
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
        timeout(HEAD_WITHIN, reading)
            .await
            .unwrap_or(Err(Refusal::TooSlow))
    }

    pub(crate) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Whether the other side has closed, or has sent what nobody asked for.
    pub(crate) fn is_stale(&mut self) -> bool {
        let mut probe = [0; 1];
        let quiet = matches!(
            self.stream.try_read(&mut probe),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock
        );
        !quiet || !self.buffer.is_empty()
    }

    /// Says goodbye and reads on for a moment: closing while the other side is still sending
    /// would reset the connection and could take our answer with it.
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
