//! The records of a device: its head, and a ring of its last messages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::body::Body;
use super::message::{Message, Source};
use crate::ids::target::DeviceId;
use crate::store::{Collection, Key, Partition};

pub(super) const HEAD: Key = Key::literal("a:head");
/// A device stays in its partition, unless the hub fails over or is replaced.
const MAX_POSITIONS: usize = 8;

/// The partition of a device's records.
pub(super) fn partition(device: &DeviceId) -> Partition {
    Partition::new(Collection::Messages, format!("device:{device}"))
}

/// The list of all devices.
pub(super) fn list() -> Partition {
    Partition::new(Collection::Settings, "devices")
}

pub(super) fn list_key(device: &DeviceId) -> Key {
    Key::new(format!("device:{device}"))
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub(super) device_id: DeviceId,
}

/// Changes with every write, so that two instances cannot store a message twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    /// How many messages were stored so far; the last one has this number.
    pub(super) count: u64,
    /// The number of the first message that the ring can hold.
    first: u64,
    /// The size of the ring.
    keep: u32,
    pub(super) last_seen_at: Timestamp,
    /// How far each source was read.
    positions: BTreeMap<String, Position>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Position {
    sequence: i64,
    enqueued_at: Timestamp,
}

/// A message in the ring.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMessage {
    /// Counts the device's messages. A record with another number than expected was overwritten.
    pub(super) number: u64,
    pub enqueued_at: Timestamp,
    pub sequence: i64,
    pub properties: Map<String, Value>,
    pub body: Body,
}

impl Head {
    pub(super) fn new(keep: u32) -> Self {
        Self {
            count: 0,
            first: 1,
            keep,
            last_seen_at: Timestamp::UNIX_EPOCH,
            positions: BTreeMap::new(),
        }
    }

    /// Another size puts messages into other places, so the history begins again.
    pub(super) fn resize(&mut self, keep: u32) {
        if self.keep != keep {
            self.keep = keep;
            self.first = self.count + 1;
        }
    }

    /// Whether the message was stored before. A source is read in order, from a point that is never
    /// ahead of what was stored, so one position says it for all messages. A lower number with a
    /// later time means that the source itself began again.
    pub(super) fn has(&self, source: &Source, message: &Message) -> bool {
        self.positions.get(source.as_str()).is_some_and(|position| {
            let is_later = message
                .enqueued_at
                .is_some_and(|at| at > position.enqueued_at);
            message.sequence <= position.sequence && !is_later
        })
    }

    /// Counts a message that [`has`](Self::has) denied, and returns what to store.
    pub(super) fn add(
        &mut self,
        source: &Source,
        message: &Message,
        now: Timestamp,
    ) -> StoredMessage {
        self.count += 1;
        let enqueued_at = message.enqueued_at.unwrap_or(now);
        self.last_seen_at = self.last_seen_at.max(enqueued_at);
        self.advance(source, message, enqueued_at);
        StoredMessage {
            number: self.count,
            enqueued_at,
            sequence: message.sequence,
            properties: message.properties.clone(),
            body: message.body.clone(),
        }
    }

    fn advance(&mut self, source: &Source, message: &Message, enqueued_at: Timestamp) {
        let known = self.positions.get(source.as_str());
        let position = Position {
            sequence: message.sequence,
            enqueued_at: known.map_or(enqueued_at, |known| known.enqueued_at.max(enqueued_at)),
        };
        if known.is_none() && self.positions.len() >= MAX_POSITIONS {
            let oldest = self.positions.iter().min_by_key(|(_, p)| p.enqueued_at);
            if let Some(oldest) = oldest.map(|(source, _)| source.clone()) {
                self.positions.remove(&oldest);
            }
        }
        self.positions.insert(source.as_str().to_owned(), position);
    }

    /// The place of a message in the ring.
    pub(super) fn slot(&self, number: u64) -> Key {
        slot(number % u64::from(self.keep))
    }

    /// The numbers of the messages that the ring holds.
    pub(super) fn numbers(&self) -> std::ops::RangeInclusive<u64> {
        let oldest = (self.count + 1).saturating_sub(u64::from(self.keep));
        self.first.max(oldest)..=self.count
    }

    /// The places of these numbers, which the ring holds: one range of keys, or two where it
    /// begins again.
    pub(super) fn slots(&self, first: u64, last: u64) -> Vec<std::ops::Range<Key>> {
        let keep = u64::from(self.keep);
        let (from, to) = (first % keep, last % keep);
        if from <= to {
            vec![slot(from)..slot(to + 1)]
        } else {
            vec![slot(from)..slot(keep), slot(0)..slot(to + 1)]
        }
    }
}

fn slot(place: u64) -> Key {
    Key::new(format!("t:{place:07}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn message(sequence: i64, second: Option<i64>) -> Message {
        Message {
            device: "d".parse().unwrap(),
            sequence,
            enqueued_at: second.map(at),
            properties: Map::new(),
            body: Body::of_text("1"),
        }
    }

    fn head(keep: u32) -> Head {
        Head::new(keep)
    }

    #[test]
    fn a_message_is_known_by_its_number_in_its_source() {
        let source = Source::new("n", "hub", "0");
        let mut head = head(10);
        head.add(&source, &message(5, Some(10)), at(99));

        assert!(head.has(&source, &message(5, Some(10))));
        assert!(head.has(&source, &message(3, Some(8))));
        assert!(head.has(&source, &message(5, None)));
        assert!(!head.has(&source, &message(6, Some(10))));
        assert!(!head.has(&source, &message(6, Some(9))));
        assert!(!head.has(&Source::new("n", "hub", "1"), &message(5, Some(10))));
    }

    #[test]
    fn a_source_that_begins_again_is_recognised_by_its_time() {
        let source = Source::new("n", "hub", "0");
        let mut head = head(10);
        head.add(&source, &message(5, Some(10)), at(99));

        assert!(!head.has(&source, &message(0, Some(11))));
        head.add(&source, &message(0, Some(11)), at(99));
        assert!(head.has(&source, &message(0, Some(11))));
        assert!(!head.has(&source, &message(1, Some(12))));
    }

    #[test]
    fn the_number_of_sources_is_bounded() {
        let mut head = head(10);
        for n in 0..20 {
            let source = Source::new("n", "hub", &n.to_string());
            head.add(&source, &message(1, Some(n)), at(99));
        }

        assert_eq!(head.positions.len(), MAX_POSITIONS);
        let last = Source::new("n", "hub", "19");
        assert!(head.has(&last, &message(1, Some(19))));
    }

    #[test]
    fn a_ring_is_read_in_one_range_or_two() {
        let mut head = head(10);
        head.count = 7;
        assert_eq!(head.numbers(), 1..=7);
        assert_eq!(head.slots(1, 7), [slot(1)..slot(8)]);

        head.count = 23;
        assert_eq!(head.numbers(), 14..=23);
        assert_eq!(head.slots(14, 23), [slot(4)..slot(10), slot(0)..slot(4)]);
        assert_eq!(head.slots(21, 23), [slot(1)..slot(4)]);
        assert_eq!(head.slots(20, 20), [slot(0)..slot(1)]);
    }

    #[test]
    fn a_ring_of_another_size_is_empty() {
        let mut head = head(10);
        head.count = 23;

        head.resize(10);
        assert_eq!(head.numbers(), 14..=23);
        head.resize(20);
        assert!(head.numbers().is_empty());
        head.count = 25;
        assert_eq!(head.numbers(), 24..=25);
    }
}
