//! What a publisher may do with its streams.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{Stream, Streams, stream_error};
use crate::app::App;
use crate::connection::Connection;
use crate::frame::{Refusal, ServerFrame};
use crate::hub::{Audience, Hub};
use crate::message::{Data, Message, Source, StreamEnd, StreamError, StreamPart};
use crate::permissions::Permission;

const DEFAULT_IDLE: Duration = Duration::from_secs(300);
/// Nobody waits longer, whatever a client asks for.
const MAX_IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// The publisher's side of a connection's streams.
#[derive(Debug)]
pub(crate) struct Publisher<'a> {
    pub(crate) app: &'a Arc<App>,
    pub(crate) hub: &'a Arc<Hub>,
    pub(crate) connection: &'a Arc<Connection>,
}

impl Publisher<'_> {
    fn open(&self) -> &Streams {
        &self.connection.streams
    }

    pub(crate) fn start(&self, group: &str, id: &str, no_echo: bool, idle_ms: Option<u64>) {
        let id: Arc<str> = id.into();
        if !self.may_send(group) {
            let error = Refusal::new("Forbidden", forbidden(group));
            return self.tell(ServerFrame::StreamClosed {
                stream: id,
                error: Some(error),
            });
        }
        let idle = idle_ms
            .map_or(DEFAULT_IDLE, Duration::from_millis)
            .min(MAX_IDLE);
        let stream = Stream {
            group: group.into(),
            no_echo,
            next: 1,
            idle,
            last_used: Instant::now(),
        };
        let mut open = self.open().0.lock();
        if open.contains_key(&id) {
            drop(open);
            let error = Refusal::new("BadRequest", "The stream id is in use.");
            return self.tell(ServerFrame::StreamClosed {
                stream: id,
                error: Some(error),
            });
        }
        open.insert(id.clone(), stream);
        drop(open);
        self.tell(ServerFrame::StreamAck {
            stream: id.clone(),
            expected: 1,
        });
        self.watch_idleness(id);
    }

    /// Without a part it only keeps the stream from idling away.
    pub(crate) fn part(&self, id: &str, part: Option<(u64, Data)>) {
        let mut open = self.open().0.lock();
        let Some((id, stream)) = open
            .get_key_value(id)
            .map(|(id, stream)| (id.clone(), stream.clone()))
        else {
            drop(open);
            return self.tell_not_found(id);
        };
        let Some((sequence, data)) = part else {
            touch(&mut open, &id, stream.next);
            return;
        };
        if sequence > stream.next {
            touch(&mut open, &id, stream.next);
            drop(open);
            return self.tell(ServerFrame::StreamNack {
                stream: id,
                expected: stream.next,
            });
        }
        if sequence < stream.next {
            touch(&mut open, &id, stream.next);
            drop(open);
            return self.tell(ServerFrame::StreamAck {
                stream: id,
                expected: stream.next,
            });
        }
        if !self.may_send(&stream.group) {
            open.remove(&id);
            drop(open);
            let error = stream_error("Forbidden", &forbidden(&stream.group));
            return self.close(id, &stream, error);
        }
        touch(&mut open, &id, sequence + 1);
        drop(open);
        self.publish(
            &stream,
            data,
            StreamPart {
                stream: id.clone(),
                sequence,
                end: None,
            },
        );
        self.tell(ServerFrame::StreamAck {
            stream: id,
            expected: sequence + 1,
        });
    }

    pub(crate) fn end(&self, id: &str, error: Option<StreamError>) {
        let Some((id, stream)) = self.open().0.lock().remove_entry(id) else {
            return self.tell_not_found(id);
        };
        self.publish_end(&id, &stream, error);
        self.tell(ServerFrame::StreamClosed {
            stream: id,
            error: None,
        });
    }

    /// The service ends the stream, for its subscribers and for its publisher.
    fn close(&self, id: Arc<str>, stream: &Stream, error: StreamError) {
        let refusal = Refusal::new(error.name, error.message.clone());
        self.publish_end(&id, stream, Some(error));
        self.tell(ServerFrame::StreamClosed {
            stream: id,
            error: Some(refusal),
        });
    }

    /// The terminal message holds empty text: Microsoft's client ignores messages without data.
    pub(super) fn publish_end(&self, id: &Arc<str>, stream: &Stream, error: Option<StreamError>) {
        let part = StreamPart {
            stream: id.clone(),
            sequence: stream.next,
            end: Some(StreamEnd { error }),
        };
        self.publish(stream, Data::Text(Utf8Bytes::default()), part);
    }

    fn publish(&self, stream: &Stream, data: Data, part: StreamPart) {
        let user = self.connection.user.clone();
        let mut message = Message::new(
            Source::Group {
                group: stream.group.clone(),
                user,
            },
            data,
        );
        message.stream = Some(part);
        let audience = Audience::Group(&stream.group);
        self.hub
            .deliver(audience, message, self.app.clock.unix_ms(), |receiver| {
                !(stream.no_echo && receiver.id == self.connection.id)
            });
    }

    fn may_send(&self, group: &str) -> bool {
        self.connection
            .permissions
            .lock()
            .allows(Permission::SendToGroup, group)
    }

    fn tell(&self, frame: ServerFrame) {
        self.connection.outbox.push_frame(frame);
    }

    fn tell_not_found(&self, id: &str) {
        let error = Refusal::new("StreamNotFound", "There is no such stream.");
        self.tell(ServerFrame::StreamClosed {
            stream: id.into(),
            error: Some(error),
        });
    }

    /// Ends the stream once nothing came for as long as it allows.
    fn watch_idleness(&self, id: Arc<str>) {
        let (app, hub) = (self.app.clone(), self.hub.clone());
        // The wait must not keep a connection that ended meanwhile.
        let connection = Arc::downgrade(self.connection);
        self.app.spawn(async move {
            loop {
                let idle_at = connection
                    .upgrade()
                    .and_then(|connection| connection.streams.idle_at(&id));
                let Some(idle_at) = idle_at else { return };
                tokio::time::sleep_until(idle_at).await;
                let Some(connection) = connection.upgrade() else {
                    return;
                };
                if let Some(stream) = connection.streams.take_if_idle(&id) {
                    let publisher = Publisher {
                        app: &app,
                        hub: &hub,
                        connection: &connection,
                    };
                    let error = stream_error("IdleTimeout", "Nothing came in time.");
                    return publisher.close(id, &stream, error);
                }
            }
        });
    }
}

fn touch(open: &mut BTreeMap<Arc<str>, Stream>, id: &str, next: u64) {
    if let Some(stream) = open.get_mut(id) {
        stream.last_used = Instant::now();
        stream.next = next;
    }
}

fn forbidden(group: &str) -> String {
    format!("The client does not have permission to send to group '{group}'.")
}
