//! What a client may do with its streams.

use std::sync::Arc;

use super::session::Session;
use crate::frame::{Refusal, ServerFrame};
use crate::message::{Data, StreamError};
use crate::permissions::Permission;
use crate::streams::{Stream, Turn};

impl Session {
    pub(super) fn open_stream(&self, stream: Stream) {
        let id = stream.id.clone();
        if let Err(error) = self.may_publish(&stream.group) {
            return self.stream_closed(id, Some(error));
        }
        if !self.connection.streams.open(stream) {
            let error = Refusal::new("BadRequest", "The stream id is in use.");
            return self.stream_closed(id, Some(error));
        }
        self.tell(ServerFrame::StreamAck {
            stream: id.clone(),
            expected: 1,
        });
        self.watch_idleness(id);
    }

    pub(super) fn keep_stream(&self, id: &str) {
        if !self
            .connection
            .streams
            .keep_alive(id, self.app.clock.unix_ms())
        {
            self.no_such_stream(id);
        }
    }

    pub(super) fn publish_part(&self, id: &str, sequence: u64, data: Data) {
        let now = self.app.clock.unix_ms();
        match self.connection.streams.take_turn(id, sequence, now) {
            Turn::Taken(stream) => self.publish_next(&stream, data),
            Turn::Early { expected } => self.tell(ServerFrame::StreamNack {
                stream: id.into(),
                expected,
            }),
            Turn::Repeated { expected } => self.tell(ServerFrame::StreamAck {
                stream: id.into(),
                expected,
            }),
            Turn::NoSuchStream => self.no_such_stream(id),
        }
    }

    fn publish_next(&self, stream: &Stream, data: Data) {
        if let Err(Refusal { name, message }) = self.may_publish(&stream.group) {
            self.connection.streams.close(&stream.id);
            return self.break_stream(stream, StreamError::by_service(name, message));
        }
        let message = stream.part(self.connection.user.clone(), data);
        let (group, now) = (&stream.group, self.app.clock.unix_ms());
        self.hub
            .publish(&self.connection, group, stream.no_echo, message, now);
        self.tell(ServerFrame::StreamAck {
            stream: stream.id.clone(),
            expected: stream.next() + 1,
        });
    }

    pub(super) fn end_stream(&self, id: &str, error: Option<StreamError>) {
        match self.connection.streams.close(id) {
            Some(stream) => {
                self.app
                    .end_stream(&self.hub, &self.connection, &stream, error);
                self.stream_closed(stream.id, None);
            }
            None => self.no_such_stream(id),
        }
    }

    /// The service ends the stream, for its subscribers and for its publisher.
    fn break_stream(&self, stream: &Stream, error: StreamError) {
        let told = Refusal::new(error.name, error.message.clone());
        self.app
            .end_stream(&self.hub, &self.connection, stream, Some(error));
        self.stream_closed(stream.id.clone(), Some(told));
    }

    fn stream_closed(&self, stream: Arc<str>, error: Option<Refusal>) {
        self.tell(ServerFrame::StreamClosed { stream, error });
    }

    fn no_such_stream(&self, id: &str) {
        let error = Refusal::new("StreamNotFound", "There is no such stream.");
        self.stream_closed(id.into(), Some(error));
    }

    fn may_publish(&self, group: &str) -> Result<(), Refusal> {
        self.allowed(Permission::SendToGroup, "send to", group)
    }

    /// Ends the stream once nothing came for as long as it allows.
    fn watch_idleness(&self, id: Arc<str>) {
        let (app, hub, mode) = (self.app.clone(), self.hub.clone(), self.mode.clone());
        // The wait must not keep a connection that ended meanwhile.
        let connection = Arc::downgrade(&self.connection);
        self.app.spawn(async move {
            loop {
                let patience = connection.upgrade().and_then(|connection| {
                    let streams = &connection.streams;
                    streams.patience(&id, app.clock.unix_ms())
                });
                let Some(patience) = patience else { return };
                if !patience.is_zero() {
                    app.clock.sleep(patience).await;
                    continue;
                }
                let Some(connection) = connection.upgrade() else {
                    return;
                };
                if let Some(stream) = connection.streams.close(&id) {
                    let session = Self {
                        app,
                        hub,
                        connection,
                        mode,
                    };
                    let error = StreamError::by_service("IdleTimeout", "Nothing came in time.");
                    return session.break_stream(&stream, error);
                }
            }
        });
    }
}
