//! Serves a connection on one socket: reads, writes, keeps it alive, and closes it.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message as WsMessage, Utf8Bytes};

use super::close_reason::for_read_error;
use super::reader::{Pulse, Reader};
use super::socket::{self, Socket};
use super::when_woken::WhenWoken;
use crate::app::App;
use crate::connection::Connection;
use crate::frame::{ClientFrame, Outgoing, SimpleMode};
use crate::hub::Hub;
use crate::outbox::{self, CloseReason, Interruption, Next};

/// A client that leaves this many pings in a row unanswered is considered gone.
const MAX_MISSED_PINGS: u32 = 3;

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) app: Arc<App>,
    pub(super) hub: Arc<Hub>,
    pub(super) connection: Arc<Connection>,
    pub(super) mode: SimpleMode,
}

/// Why a socket ended.
#[derive(Debug)]
enum SessionEnd {
    /// The client ended the connection with a close frame.
    ClosedByClient(String),
    /// The client closed the socket with a code that leaves a reliable connection recoverable.
    ClosedForRecovery,
    /// The service closes the connection with this frame.
    Closed(CloseFrame),
    /// The socket ended without a close frame.
    Dropped,
    Interruption(Interruption),
    Stopping,
}

impl Session {
    /// Serves the socket until it ends. Returns true if the connection may continue on another one.
    pub(super) async fn serve(&self, socket: Socket, epoch: outbox::SocketEpoch) -> bool {
        let (mut sink, stream) = socket.split();
        let pulse = Pulse::default();
        let mut reader = Reader::new(stream, &pulse);
        let end = {
            let heard = pin!(async {
                tokio::select! {
                    end = self.read(&mut reader) => end,
                    why = self.connection.outbox.interrupted(epoch) => SessionEnd::Interruption(why),
                    () = self.app.stopped() => SessionEnd::Stopping,
                }
            });
            tokio::select! {
                end = WhenWoken::new(heard) => end,
                end = self.write(&mut sink, epoch, &pulse) => end,
            }
        };
        let stream = reader.into_stream();
        match end {
            SessionEnd::Dropped | SessionEnd::Interruption(Interruption::Cut) => {
                self.connection.outbox.detach(epoch);
                return self.connection.agreed.protocol.is_reliable();
            }
            SessionEnd::ClosedForRecovery => {
                self.connection.outbox.detach(epoch);
                // The recovery window does not wait for the closing handshake.
                let session = self.clone();
                tokio::spawn(async move { session.close(sink, stream, None).await });
                return true;
            }
            SessionEnd::ClosedByClient(reason) => {
                self.app.end(&self.hub, &self.connection, &reason);
                self.close(sink, stream, None).await;
            }
            SessionEnd::Closed(frame) => self.close(sink, stream, Some(frame)).await,
            SessionEnd::Interruption(Interruption::Overflowed) => {
                self.end("The client reads too slowly.")
            }
            // The code that replaced or closed the socket does the rest.
            SessionEnd::Interruption(Interruption::Replaced | Interruption::Closed) => {}
            SessionEnd::Stopping => {
                let reason = Utf8Bytes::from_static("The service is stopping.");
                self.close(
                    sink,
                    stream,
                    Some(CloseFrame {
                        code: CloseCode::Away,
                        reason,
                    }),
                )
                .await;
            }
        }
        false
    }

    pub(super) fn end(&self, reason: &str) {
        self.app.end(&self.hub, &self.connection, reason);
    }

    /// The closing handshake, within the time limit.
    async fn close(
        &self,
        mut sink: SplitSink<Socket, WsMessage>,
        mut stream: SplitStream<Socket>,
        frame: Option<CloseFrame>,
    ) {
        let limit = self.app.timing.close_timeout;
        let _ = timeout(limit, async {
            if let Some(frame) = frame {
                sink.send(WsMessage::Close(Some(frame))).await?;
            }
            while let Some(Ok(_)) = stream.next().await {}
            Ok::<_, WsError>(())
        })
        .await;
        if let Ok(socket) = sink.reunite(stream) {
            socket::linger(socket, limit).await;
        }
    }

    async fn read(&self, reader: &mut Reader<'_>) -> SessionEnd {
        loop {
            let close_reason = match reader.next().await {
                Some(Ok(frame @ (WsMessage::Text(_) | WsMessage::Binary(_)))) => {
                    reader.set_busy(true);
                    let handled = self.handle_frame(frame, reader).await;
                    reader.set_busy(false);
                    match handled {
                        Ok(()) => continue,
                        Err(close_reason) => close_reason,
                    }
                }
                Some(Ok(WsMessage::Close(frame))) => {
                    return self.closed_by_client(frame);
                }
                Some(Ok(WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_))) => continue,
                Some(Err(error)) => match for_read_error(&error) {
                    Some(close_reason) => close_reason,
                    None => return SessionEnd::Dropped,
                },
                None => return SessionEnd::Dropped,
            };
            // The writer sends the close frame, after the replies to earlier requests.
            let reason = close_reason.text.clone();
            self.connection.outbox.close(close_reason);
            self.end(&reason);
            return std::future::pending().await;
        }
    }

    /// A reliable connection ends only with a normal close, or one without a code.
    fn closed_by_client(&self, frame: Option<CloseFrame>) -> SessionEnd {
        let is_final = frame
            .as_ref()
            .is_none_or(|frame| matches!(frame.code, CloseCode::Normal | CloseCode::Status));
        if self.connection.agreed.protocol.is_reliable() && !is_final {
            return SessionEnd::ClosedForRecovery;
        }
        SessionEnd::ClosedByClient(frame.map_or_else(String::new, |frame| frame.reason.to_string()))
    }

    async fn handle_frame(
        &self,
        frame: WsMessage,
        reader: &mut Reader<'_>,
    ) -> Result<(), CloseReason> {
        match self.connection.agreed.protocol.decode(frame, &self.mode) {
            Ok(ClientFrame::Invoke { id, event, data }) => {
                self.invoke(id, &event, data, reader).await
            }
            Ok(frame) => self.execute(frame).await,
            Err(bad) => Err(bad.into()),
        }
    }

    async fn write(
        &self,
        sink: &mut SplitSink<Socket, WsMessage>,
        epoch: outbox::SocketEpoch,
        pulse: &Pulse,
    ) -> SessionEnd {
        let period = self.app.hub_config(&self.hub.name).keep_alive;
        let mut keep_alive = interval_at(Instant::now() + period, period);
        let mut missed = 0;
        let mut batch = VecDeque::new();
        loop {
            let next = tokio::select! {
                next = self.connection.outbox.next(epoch, &mut batch) => next,
                _ = keep_alive.tick() => {
                    missed = if pulse.take() { 0 } else { missed + 1 };
                    if missed == MAX_MISSED_PINGS || sink.send(WsMessage::Ping("".into())).await.is_err() {
                        return SessionEnd::Dropped;
                    }
                    continue;
                }
            };
            match next {
                Next::Batch => {
                    if !self.app.timing.latency.is_zero() {
                        sleep(self.app.timing.latency).await;
                    }
                    if self.write_all(sink, &mut batch).await.is_err() {
                        return SessionEnd::Dropped;
                    }
                }
                Next::Closed(CloseReason { code, text }) => {
                    return SessionEnd::Closed(CloseFrame {
                        code,
                        reason: text.into(),
                    });
                }
            }
        }
    }

    async fn write_all(
        &self,
        sink: &mut SplitSink<Socket, WsMessage>,
        batch: &mut VecDeque<Outgoing>,
    ) -> Result<(), WsError> {
        let protocol = self.connection.agreed.protocol;
        for outgoing in batch.drain(..) {
            if outgoing.is_expired(|| self.app.clock.unix_ms()) {
                continue;
            }
            if let Some(frame) = protocol.encode(&outgoing) {
                sink.feed(frame).await?;
            }
        }
        sink.flush().await
    }
}
