//! Streams: numbered parts that a client publishes to a group one after the other. What is kept of
//! them, and what becomes of a part; the publisher's side acts on it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::lock::Mutex;
use crate::message::{Data, Message, Source, StreamEnd, StreamError, StreamPart};

const DEFAULT_IDLE: Duration = Duration::from_secs(300);
/// Nobody waits longer, whatever a client asks for.
const MAX_IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// The streams that a connection has open. They survive a lost socket as it does.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<BTreeMap<Arc<str>, Stream>>);

#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) id: Arc<str>,
    pub(crate) group: Arc<str>,
    pub(crate) no_echo: bool,
    next: u64,
    idle: Duration,
    last_used: Instant,
}

/// What becomes of a part, by its sequence id.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It is the next one.
    Taken(Stream),
    /// Parts before it are missing.
    Early {
        expected: u64,
    },
    /// It was here before.
    Repeated {
        expected: u64,
    },
    NoSuchStream,
}

impl Streams {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// False when the id is in use.
    pub(crate) fn open(&self, stream: Stream) -> bool {
        let mut open = self.0.lock();
        let free = !open.contains_key(&stream.id);
        if free {
            open.insert(stream.id.clone(), stream);
        }
        free
    }

    /// A stream that is used does not idle away. False when there is none.
    pub(crate) fn keep_alive(&self, id: &str) -> bool {
        self.used(id).is_some()
    }

    /// The next part moves its stream on; others leave it where it was.
    pub(crate) fn take_turn(&self, id: &str, sequence: u64) -> Turn {
        let mut open = self.0.lock();
        let Some(stream) = open.get_mut(id) else {
            return Turn::NoSuchStream;
        };
        stream.last_used = Instant::now();
        let expected = stream.next;
        if sequence > expected {
            return Turn::Early { expected };
        }
        if sequence < expected {
            return Turn::Repeated { expected };
        }
        let taken = stream.clone();
        stream.next += 1;
        Turn::Taken(taken)
    }

    pub(crate) fn close(&self, id: &str) -> Option<Stream> {
        self.0.lock().remove(id)
    }

    pub(crate) fn close_all(&self) -> impl Iterator<Item = Stream> + use<> {
        std::mem::take(&mut *self.0.lock()).into_values()
    }

    /// When it will have idled for too long, if nothing comes.
    pub(crate) fn idle_at(&self, id: &str) -> Option<Instant> {
        let open = self.0.lock();
        open.get(id).map(|stream| stream.last_used + stream.idle)
    }

    pub(crate) fn close_if_idle(&self, id: &str) -> Option<Stream> {
        let mut open = self.0.lock();
        let stream = open.get(id)?;
        if stream.last_used + stream.idle > Instant::now() {
            return None;
        }
        open.remove(id)
    }

    fn used(&self, id: &str) -> Option<()> {
        let mut open = self.0.lock();
        open.get_mut(id)?.last_used = Instant::now();
        Some(())
    }
}

impl Stream {
    pub(crate) fn new(id: &str, group: &str, no_echo: bool, idle_ms: Option<u64>) -> Self {
        let idle = idle_ms.map_or(DEFAULT_IDLE, Duration::from_millis);
        Self {
            id: id.into(),
            group: group.into(),
            no_echo,
            next: 1,
            idle: idle.min(MAX_IDLE),
            last_used: Instant::now(),
        }
    }

    /// The sequence id of its next part.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// What the group is sent for its next part.
    pub(crate) fn part(&self, user: Option<Arc<str>>, data: Data) -> Message {
        self.message(user, data, None)
    }

    /// What the group is sent when nothing more will come. It holds empty text: Microsoft's client
    /// ignores messages without data.
    pub(crate) fn last(&self, user: Option<Arc<str>>, error: Option<StreamError>) -> Message {
        let nothing = Data::Text(Utf8Bytes::default());
        self.message(user, nothing, Some(StreamEnd { error }))
    }

    fn message(&self, user: Option<Arc<str>>, data: Data, end: Option<StreamEnd>) -> Message {
        let group = self.group.clone();
        let mut message = Message::new(Source::Group { group, user }, data);
        message.stream = Some(StreamPart {
            stream: self.id.clone(),
            sequence: self.next,
            end,
        });
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_take_their_turns() {
        let streams = Streams::default();
        assert!(streams.open(Stream::new("s", "g", false, None)));
        assert!(!streams.open(Stream::new("s", "other", false, None)));

        assert!(matches!(
            streams.take_turn("s", 2),
            Turn::Early { expected: 1 }
        ));
        assert!(matches!(streams.take_turn("s", 1), Turn::Taken(stream) if stream.next() == 1));
        assert!(matches!(
            streams.take_turn("s", 1),
            Turn::Repeated { expected: 2 }
        ));
        assert!(matches!(streams.take_turn("s", 2), Turn::Taken(stream) if stream.next() == 2));
        assert!(matches!(streams.take_turn("t", 1), Turn::NoSuchStream));
    }

    #[test]
    fn a_stream_ends_once() {
        let streams = Streams::default();
        streams.open(Stream::new("s", "g", false, Some(0)));

        assert!(streams.close_if_idle("s").is_some());
        assert!(streams.close_if_idle("s").is_none());
        assert!(streams.close("s").is_none());
        assert!(streams.is_empty());
    }
}
