//! Handles the streams that a client publishes.

use std::sync::Arc;

use super::session::Session;
use crate::frame::{RequestError, ServerFrame};
use crate::message::{Data, StreamError};
use crate::permissions::Permission;
use crate::streams::{PartOutcome, Stream};

impl Session {
    pub(super) fn open_stream(&self, stream: Stream) {
        let id = stream.id.clone();
        if let Err(error) = self.check_send(&stream.group) {
            return self.stream_closed(id, Some(error));
        }
        if !self.connection.streams.open(stream) {
            let error = RequestError::new("BadRequest", "The stream id is in use.");
            return self.stream_closed(id, Some(error));
        }
        self.send(ServerFrame::StreamAck {
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
            self.reject_unknown_stream(id);
        }
    }

    pub(super) fn publish_part(&self, id: &str, sequence: u64, data: Data) {
        let now = self.app.clock.unix_ms();
        match self.connection.streams.accept_part(id, sequence, now) {
            PartOutcome::Accepted(stream) => self.publish_next(&stream, data),
            PartOutcome::TooEarly { expected } => self.send(ServerFrame::StreamNack {
                stream: id.into(),
                expected,
            }),
            PartOutcome::Duplicate { expected } => self.send(ServerFrame::StreamAck {
                stream: id.into(),
                expected,
            }),
            PartOutcome::Unknown => self.reject_unknown_stream(id),
        }
    }

    fn publish_next(&self, stream: &Stream, data: Data) {
        if let Err(RequestError { name, message }) = self.check_send(&stream.group) {
            self.connection.streams.close(&stream.id);
            return self.abort_stream(stream, StreamError::from_service(name, message));
        }
        let message = stream.part(self.connection.user.clone(), data);
        let (group, now) = (&stream.group, self.app.clock.unix_ms());
        self.hub
            .publish(&self.connection, group, stream.no_echo, message, now);
        self.send(ServerFrame::StreamAck {
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
            None => self.reject_unknown_stream(id),
        }
    }

    /// Ends the stream with an error, for its subscribers and its publisher.
    fn abort_stream(&self, stream: &Stream, error: StreamError) {
        let error_for_publisher = RequestError::new(error.name, error.message.clone());
        self.app
            .end_stream(&self.hub, &self.connection, stream, Some(error));
        self.stream_closed(stream.id.clone(), Some(error_for_publisher));
    }

    fn stream_closed(&self, stream: Arc<str>, error: Option<RequestError>) {
        self.send(ServerFrame::StreamClosed { stream, error });
    }

    fn reject_unknown_stream(&self, id: &str) {
        let error = RequestError::new("StreamNotFound", "The stream does not exist.");
        self.stream_closed(id.into(), Some(error));
    }

    fn check_send(&self, group: &str) -> Result<(), RequestError> {
        self.check_permission(Permission::SendToGroup, "send to", group)
    }

    /// Ends the stream once its idle time is over.
    fn watch_idleness(&self, id: Arc<str>) {
        let (app, hub, mode) = (self.app.clone(), self.hub.clone(), self.mode.clone());
        // A weak reference, so that the wait does not keep an ended connection alive.
        let connection = Arc::downgrade(&self.connection);
        self.app.spawn(async move {
            loop {
                let time_left = connection.upgrade().and_then(|connection| {
                    let streams = &connection.streams;
                    streams.time_left(&id, app.clock.unix_ms())
                });
                let Some(time_left) = time_left else { return };
                if !time_left.is_zero() {
                    app.clock.sleep(time_left).await;
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
                    let error = StreamError::from_service(
                        "IdleTimeout",
                        "The stream was idle for too long.",
                    );
                    return session.abort_stream(&stream, error);
                }
            }
        });
    }
}
