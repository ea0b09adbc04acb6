//! Connections to the handler.

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, split};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::answer::HandlerAnswer;
use super::error::ExchangeError;
use crate::http::{Stream, Wire};

/// The connections to the handler: one for each running call, kept for later calls.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) port: u16,
    idle: Mutex<Vec<(Wire, Instant)>>,
}

/// A request to the handler, ready to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) head: Vec<u8>,
    /// Including the chunk headers, if it is chunked.
    pub(crate) body: Bytes,
    pub(crate) is_head: bool,
    /// Whether to wait for `100 Continue` before sending the body.
    pub(crate) expects_continue: bool,
    /// Whether to send it again if the handler closes the connection without an answer.
    pub(crate) resendable: bool,
}

const MAX_ATTEMPTS: usize = 4;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait for `100 Continue`.
const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);
/// A request of up to this size is sent as a whole before anything is read.
const MAX_SINGLE_WRITE: usize = 64 * 1024;

impl Link {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            idle: Mutex::default(),
        }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: &Outgoing) -> Result<HandlerAnswer, ExchangeError> {
        for attempt in 1.. {
            let mut wire = self.connection().await?;
            match exchange(&mut wire, request).await {
                Ok((answer, reusable)) => {
                    if reusable {
                        self.keep(wire);
                    }
                    return Ok(answer);
                }
                Err(ExchangeError::Closed) if request.resendable && attempt < MAX_ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        Err(ExchangeError::Closed)
    }

    /// An idle connection that is still open, or a new one.
    pub(crate) async fn connection(&self) -> Result<Wire, ExchangeError> {
        while let Some((wire, since)) = self.idle().pop() {
            if since.elapsed() < IDLE_TIMEOUT && !wire.is_stale() {
                return Ok(wire);
            }
        }
        let connecting = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let stream = timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(Wire::new(stream)?)
    }

    pub(crate) fn keep(&self, wire: Wire) {
        self.idle().push((wire, Instant::now()));
    }

    /// Closes all idle connections: their process has ended.
    pub(crate) fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Wire, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn exchange(
    wire: &mut Wire,
    request: &Outgoing,
) -> Result<(HandlerAnswer, bool), ExchangeError> {
    if request.expects_continue && !request.body.is_empty() {
        wire.write_all(&request.head).await?;
        if let Ok(first) = timeout(CONTINUE_TIMEOUT, wait_for_bytes(wire)).await {
            first?;
            if !wire.buffer.starts_with(b"HTTP/1.1 100") {
                let (answer, _) = HandlerAnswer::read(wire, request.is_head).await?;
                return Ok((answer, false));
            }
        }
        return upload(wire, &[], request).await;
    }
    upload(wire, &request.head, request).await
}

async fn upload(
    wire: &mut Wire,
    head: &[u8],
    request: &Outgoing,
) -> Result<(HandlerAnswer, bool), ExchangeError> {
    if head.len() + request.body.len() <= MAX_SINGLE_WRITE {
        if request.body.is_empty() {
            wire.write_all(head).await?;
        } else {
            wire.write_all(&[head, &request.body].concat()).await?;
        }
        return HandlerAnswer::read(wire, request.is_head).await;
    }

    let (mut reader, mut writer) = split(&mut wire.stream);
    let writing = async {
        writer.write_all(head).await?;
        writer.write_all(&request.body).await
    };
    let sent = while_listening(&mut reader, &mut wire.buffer, writing).await;
    let (answer, reusable) = HandlerAnswer::read(wire, request.is_head).await?;
    Ok((answer, reusable && matches!(sent, Some(Ok(())))))
}

/// Writes a large request and reads into the buffer at the same time: the handler may answer
/// while it reads, or answer and disconnect before it has read everything. `None` if it stopped
/// reading.
pub(crate) async fn while_listening<T>(
    reader: &mut ReadHalf<&mut Stream>,
    buffer: &mut BytesMut,
    writing: impl Future<Output = T>,
) -> Option<T> {
    tokio::pin!(writing);
    loop {
        tokio::select! {
            biased;
            read = reader.read_buf(buffer) => match read {
                Ok(count) if count > 0 && !HandlerAnswer::is_whole(buffer) => {}
                _ => return None,
            },
            written = &mut writing => return Some(written),
        }
    }
}

async fn wait_for_bytes(wire: &mut Wire) -> Result<(), ExchangeError> {
    if wire.buffer.is_empty() && wire.fill().await? == 0 {
        return Err(ExchangeError::Closed);
    }
    Ok(())
}
