//! Streams: numbered parts that a client publishes to a group one after the other. What is kept of
//! them, and what becomes of a part; the publisher's side acts on it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

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
    /// In milliseconds since 1970.
    last_used: i64,
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
    pub(crate) fn keep_alive(&self, id: &str, now_ms: i64) -> bool {
        let mut open = self.0.lock();
        let stream = open.get_mut(id);
        stream.map(|stream| stream.last_used = now_ms).is_some()
    }

    /// The next part moves its stream on; others leave it where it was.
    pub(crate) fn take_turn(&self, id: &str, sequence: u64, now_ms: i64) -> Turn {
        let mut open = self.0.lock();
        let Some(stream) = open.get_mut(id) else {
            return Turn::NoSuchStream;
        };
        stream.last_used = now_ms;
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

    /// How long it may still idle; `None` once it is closed.
    pub(crate) fn patience(&self, id: &str, now_ms: i64) -> Option<Duration> {
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

    fn stream(group: &str) -> Stream {
        Stream::new("s", group, false, Some(1000), 0)
    }

    #[test]
    fn parts_take_their_turns() {
        let streams = Streams::default();
        assert!(streams.open(stream("g")));
        assert!(!streams.open(stream("other")));
        let turn = |id, sequence| streams.take_turn(id, sequence, 0);

        assert!(matches!(turn("s", 2), Turn::Early { expected: 1 }));
        assert!(matches!(turn("s", 1), Turn::Taken(stream) if stream.next() == 1));
        assert!(matches!(turn("s", 1), Turn::Repeated { expected: 2 }));
        assert!(matches!(turn("s", 2), Turn::Taken(stream) if stream.next() == 2));
        assert!(matches!(turn("t", 1), Turn::NoSuchStream));
    }

    #[test]
    fn whatever_comes_gives_a_stream_its_patience_back() {
        let streams = Streams::default();
        let left = |now| streams.patience("s", now).map(|left| left.as_millis());
        streams.open(stream("g"));

        assert_eq!(left(400), Some(600));
        streams.keep_alive("s", 400);
        assert_eq!(left(400), Some(1000));
        streams.take_turn("s", 7, 900);
        assert_eq!(left(2000), Some(0));
        streams.close("s");
        assert_eq!(left(2000), None);
    }
}
