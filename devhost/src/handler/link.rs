use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::ReadHalf;
use tokio::time::{Instant, timeout};

use super::HandlerAnswer;
use crate::http::{BodyError, Wire};

/// The connections to the handler: as many as there are calls, kept for the next ones.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) port: u16,
    idle: Mutex<Vec<(Wire, Instant)>>,
}

/// A request, ready for the wire.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) head: Vec<u8>,
    /// With its framing, if it has one.
    pub(crate) body: Bytes,
    pub(crate) is_head: bool,
    /// Whether the handler is asked, with `Expect`, before the body is sent.
    pub(crate) expects_continue: bool,
    /// Whether it is sent again when the handler closes the connection without an answer.
    pub(crate) resendable: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("the handler closed the connection without an answer")]
    Closed,
    #[error("the handler's answer is not understood: {0}")]
    Malformed(&'static str),
    #[error("the handler's answer is incomplete: {0}")]
    Body(BodyError),
    #[error("the connection to the handler failed: {0}")]
    Io(#[from] io::Error),
    #[error("the handler did not answer within the function's time; it is restarted")]
    TimedOut,
    #[error("the handler was not ready in time")]
    NotReady,
}

const ATTEMPTS: usize = 4;
const IDLE_AT_MOST: Duration = Duration::from_secs(60);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long `Expect: 100-continue` holds a body back.
const CONTINUE_WITHIN: Duration = Duration::from_secs(1);
/// Up to here a request goes out in one piece, before anything is read.
const SMALL: usize = 64 * 1024;

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
                Err(ExchangeError::Closed) if request.resendable && attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        Err(ExchangeError::Closed)
    }

    /// One that is idle and still open, or a new one.
    pub(crate) async fn connection(&self) -> Result<Wire, ExchangeError> {
        while let Some((mut wire, since)) = self.idle().pop() {
            if since.elapsed() < IDLE_AT_MOST && !wire.is_stale() {
                return Ok(wire);
            }
        }
        let connecting = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let stream = timeout(CONNECT_WITHIN, connecting)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(Wire::new(stream)?)
    }

    pub(crate) fn keep(&self, wire: Wire) {
        self.idle().push((wire, Instant::now()));
    }

    /// Forgets every connection: they belong to a process that is gone.
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
        if let Ok(first) = timeout(CONTINUE_WITHIN, wait_for_bytes(wire)).await {
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
    if head.len() + request.body.len() <= SMALL {
        if request.body.is_empty() {
            wire.write_all(head).await?;
        } else {
            wire.write_all(&[head, &request.body].concat()).await?;
        }
        return HandlerAnswer::read(wire, request.is_head).await;
    }

    let (mut reader, mut writer) = wire.stream.split();
    let writing = async {
        writer.write_all(head).await?;
        writer.write_all(&request.body).await
    };
    let sent = while_listening(&mut reader, &mut wire.buffer, writing).await;
    let (answer, reusable) = HandlerAnswer::read(wire, request.is_head).await?;
    Ok((answer, reusable && matches!(sent, Some(Ok(())))))
}

/// Writes a large request and keeps what the handler says meanwhile: it may answer while it is
/// still reading, or answer and leave before it has read everything. `None` if it had enough.
pub(crate) async fn while_listening<T>(
    reader: &mut ReadHalf<'_>,
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
