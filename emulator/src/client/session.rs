//! A connection's time on one socket: reading, writing, keeping alive, and how it ends.

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

use super::farewell::for_unreadable;
use super::reader::{Pulse, Reader};
use super::socket::{self, Socket};
use super::when_woken::WhenWoken;
use crate::app::App;
use crate::connection::Connection;
use crate::frame::{ClientFrame, Outgoing, SimpleMode};
use crate::hub::Hub;
use crate::outbox::{self, Farewell, Next, Severed};

/// Pings without any answer after which a client is taken for gone.
const MISSED_PINGS: u32 = 3;

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) app: Arc<App>,
    pub(super) hub: Arc<Hub>,
    pub(super) connection: Arc<Connection>,
    pub(super) mode: SimpleMode,
}

/// How a socket came to its end.
#[derive(Debug)]
enum End {
    /// The client said goodbye; a reliable one means it, too.
    ClosedByClient(String),
    /// The service said goodbye.
    Closed(CloseFrame),
    /// Gone without a word.
    Dropped,
    Severed(Severed),
    Stopping,
}

impl Session {
    /// Serves the socket until it ends. True when the connection may go on with another one.
    pub(super) async fn serve(&self, socket: Socket, number: outbox::Socket) -> bool {
        let (mut sink, stream) = socket.split();
        let pulse = Pulse::default();
        let mut reader = Reader::new(stream, &pulse);
        let end = {
            let heard = pin!(async {
                tokio::select! {
                    end = self.read(&mut reader) => end,
                    why = self.connection.outbox.severed(number) => End::Severed(why),
                    () = self.app.stopped() => End::Stopping,
                }
            });
            tokio::select! {
                end = WhenWoken::new(heard) => end,
                end = self.write(&mut sink, number, &pulse) => end,
            }
        };
        let stream = reader.into_stream();
        match end {
            End::Dropped | End::Severed(Severed::Cut) => {
                self.connection.outbox.detach(number);
                return self.connection.agreed.protocol.is_reliable();
            }
            End::ClosedByClient(reason) => {
                self.app.end(&self.hub, &self.connection, &reason);
                self.part(sink, stream, None).await;
            }
            End::Closed(frame) => self.part(sink, stream, Some(frame)).await,
            End::Severed(Severed::Overflowed) => self.end("The client reads too slowly."),
            // Whoever replaced or closed it sees to the rest.
            End::Severed(Severed::Replaced | Severed::Closed) => {}
            End::Stopping => {
                let reason = Utf8Bytes::from_static("The service is stopping.");
                self.part(
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

    /// The closing handshake, as far as the client plays along.
    async fn part(
        &self,
        mut sink: SplitSink<Socket, WsMessage>,
        mut stream: SplitStream<Socket>,
        frame: Option<CloseFrame>,
    ) {
        let patience = self.app.timing.close_timeout;
        let _ = timeout(patience, async {
            if let Some(frame) = frame {
                sink.send(WsMessage::Close(Some(frame))).await?;
            }
            while let Some(Ok(_)) = stream.next().await {}
            Ok::<_, WsError>(())
        })
        .await;
        if let Ok(socket) = sink.reunite(stream) {
            socket::linger(socket, patience).await;
        }
    }

    async fn read(&self, reader: &mut Reader<'_>) -> End {
        loop {
            let farewell = match reader.next().await {
                Some(Ok(frame @ (WsMessage::Text(_) | WsMessage::Binary(_)))) => {
                    reader.set_busy(true);
                    let taken = self.take(frame, reader).await;
                    reader.set_busy(false);
                    match taken {
                        Ok(()) => continue,
                        Err(farewell) => farewell,
                    }
                }
                Some(Ok(WsMessage::Close(frame))) => {
                    let reason = frame.map(|frame| frame.reason.to_string());
                    return End::ClosedByClient(reason.unwrap_or_default());
                }
                Some(Ok(WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_))) => continue,
                Some(Err(error)) => match for_unreadable(&error) {
                    Some(farewell) => farewell,
                    None => return End::Dropped,
                },
                None => return End::Dropped,
            };
            // What the client asked for before is answered first: the writer says goodbye.
            let reason = farewell.text.clone();
            self.connection.outbox.close(farewell);
            self.end(&reason);
            return std::future::pending().await;
        }
    }

    async fn take(&self, frame: WsMessage, reader: &mut Reader<'_>) -> Result<(), Farewell> {
        match self.connection.agreed.protocol.decode(frame, &self.mode) {
            Ok(ClientFrame::Invoke { id, event, data }) => {
                self.invoke(id, &event, data, reader).await
            }
            Ok(frame) => self.act(frame).await,
            Err(bad) => Err(bad.into()),
        }
    }

    async fn write(
        &self,
        sink: &mut SplitSink<Socket, WsMessage>,
        number: outbox::Socket,
        pulse: &Pulse,
    ) -> End {
        let period = self.app.hub_config(&self.hub.name).keep_alive;
        let mut keep_alive = interval_at(Instant::now() + period, period);
        let mut missed = 0;
        let mut batch = VecDeque::new();
        loop {
            let next = tokio::select! {
                next = self.connection.outbox.next(number, &mut batch) => next,
                _ = keep_alive.tick() => {
                    missed = if pulse.take() { 0 } else { missed + 1 };
                    if missed == MISSED_PINGS || sink.send(WsMessage::Ping("".into())).await.is_err() {
                        return End::Dropped;
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
                        return End::Dropped;
                    }
                }
                Next::Closed(Farewell { code, text }) => {
                    return End::Closed(CloseFrame {
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
