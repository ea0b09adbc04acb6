//! Streams: numbered parts that a client publishes to a group in order. This module keeps their
//! state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::lock::Mutex;
use crate::message::{Data, Message, Source, StreamEnd, StreamError, StreamPart};

const DEFAULT_IDLE: Duration = Duration::from_secs(300);
/// The longest idle time that a client may request.
const MAX_IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// The open streams of a connection. They survive a lost socket.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<BTreeMap<Arc<str>, Stream>>);

#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) id: Arc<str>,
    pub(crate) group: Arc<str>,
    pub(crate) no_echo: bool,
    next: u64,
    idle: Duration,
    /// Milliseconds since 1970.
    last_used: i64,
}

/// The result of publishing a part.
#[derive(Debug)]
pub(crate) enum PartOutcome {
    /// The part was next.
    Accepted(Stream),
    /// Earlier parts are missing.
    TooEarly {
        expected: u64,
    },
    /// The part was already published.
    Duplicate {
        expected: u64,
    },
    Unknown,
}

impl Streams {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Returns false if the id is in use.
    pub(crate) fn open(&self, stream: Stream) -> bool {
        let mut open = self.0.lock();
        let free = !open.contains_key(&stream.id);
        if free {
            open.insert(stream.id.clone(), stream);
        }
        free
    }

    /// Restarts the idle time. Returns false if the stream is unknown.
    pub(crate) fn keep_alive(&self, id: &str, now_ms: i64) -> bool {
        let mut open = self.0.lock();
        let stream = open.get_mut(id);
        stream.map(|stream| stream.last_used = now_ms).is_some()
    }

    /// The next part advances the stream; any other leaves it unchanged.
    pub(crate) fn accept_part(&self, id: &str, sequence: u64, now_ms: i64) -> PartOutcome {
        let mut open = self.0.lock();
        let Some(stream) = open.get_mut(id) else {
            return PartOutcome::Unknown;
        };
        stream.last_used = now_ms;
        let expected = stream.next;
        if sequence > expected {
            return PartOutcome::TooEarly { expected };
        }
        if sequence < expected {
            return PartOutcome::Duplicate { expected };
        }
        let taken = stream.clone();
        stream.next += 1;
        PartOutcome::Accepted(taken)
    }

    pub(crate) fn close(&self, id: &str) -> Option<Stream> {
        self.0.lock().remove(id)
    }

    pub(crate) fn close_all(&self) -> impl Iterator<Item = Stream> + use<> {
        std::mem::take(&mut *self.0.lock()).into_values()
    }

    /// The remaining idle time; `None` once the stream is closed.
    pub(crate) fn time_left(&self, id: &str, now_ms: i64) -> Option<Duration> {
        let open = self.0.lock();
        let stream = open.get(id)?;
        let idled = u64::try_from(now_ms - stream.last_used).unwrap_or(0);
        Some(stream.idle.saturating_sub(Duration::from_millis(idled)))
    }
}

impl Stream {
    pub(crate) fn new(
        id: &str,
        group: &str,
        no_echo: bool,
        idle_ms: Option<u64>,
        now_ms: i64,
    ) -> Self {
        let idle = idle_ms.map_or(DEFAULT_IDLE, Duration::from_millis);
        Self {
            id: id.into(),
            group: group.into(),
            no_echo,
            next: 1,
            idle: idle.min(MAX_IDLE),
            last_used: now_ms,
        }
    }

    /// The sequence id of the next part.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// The group message for the next part.
    pub(crate) fn part(&self, user: Option<Arc<str>>, data: Data) -> Message {
        self.message(user, data, None)
    }

    /// The group message that ends the stream. It holds empty text, because Microsoft's client
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

    fn stream(group: &str) -> Stream {
        Stream::new("s", group, false, Some(1000), 0)
    }

    #[test]
    fn parts_are_accepted_in_order() {
        let streams = Streams::default();
        assert!(streams.open(stream("g")));
        assert!(!streams.open(stream("other")));
        let turn = |id, sequence| streams.accept_part(id, sequence, 0);

        assert!(matches!(
            turn("s", 2),
            PartOutcome::TooEarly { expected: 1 }
        ));
        assert!(matches!(turn("s", 1), PartOutcome::Accepted(stream) if stream.next() == 1));
        assert!(matches!(
            turn("s", 1),
            PartOutcome::Duplicate { expected: 2 }
        ));
        assert!(matches!(turn("s", 2), PartOutcome::Accepted(stream) if stream.next() == 2));
        assert!(matches!(turn("t", 1), PartOutcome::Unknown));
    }

    #[test]
    fn any_part_restarts_the_idle_time() {
        let streams = Streams::default();
        let left = |now| streams.time_left("s", now).map(|left| left.as_millis());
        streams.open(stream("g"));

        assert_eq!(left(400), Some(600));
        streams.keep_alive("s", 400);
        assert_eq!(left(400), Some(1000));
        streams.accept_part("s", 7, 900);
        assert_eq!(left(2000), Some(0));
        streams.close("s");
        assert_eq!(left(2000), None);
    }
}
