//! How the records of a conversation are named.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::store::Key;
use crate::store::hash::hash;

pub(super) const GUARD: Key = Key::literal("a:guard");
pub(super) const HEAD: Key = Key::literal("a:head");

/// Guard and head.
pub(super) fn guard_and_head() -> Range<Key> {
    Key::literal("a:").prefix_range()
}

pub(super) fn message(generation: u64, seq: u64) -> Key {
    Key::new(format!("m:{generation:08}:{seq:016}"))
}

pub(super) fn dedup(generation: u64, key: &DedupKey) -> Key {
    Key::new(format!("id:{generation:08}:{}", key.0))
}

/// Who answers a question, and how far the answer is.
pub(super) fn claim_of_answer(generation: u64, question: u64) -> Key {
    Key::new(format!("ask:{generation:08}:{question:016}"))
}

/// Messages, dedup records and claims of answers of all generations before this one.
pub(super) fn generations_before(end: u64) -> [Range<Key>; 3] {
    [
        Key::literal("m:")..Key::new(format!("m:{end:08}:")),
        Key::literal("id:")..Key::new(format!("id:{end:08}:")),
        Key::literal("ask:")..Key::new(format!("ask:{end:08}:")),
    ]
}

pub(super) fn file(id: uuid::Uuid) -> Key {
    Key::new(format!("file:{id}"))
}

/// The id in the key of a file's record.
pub(super) fn file_id(key: &Key) -> Option<uuid::Uuid> {
    key.as_str().strip_prefix("file:")?.parse().ok()
}

/// Claims of messages that are about to name a file.
pub(super) fn claims(file: uuid::Uuid) -> Range<Key> {
    Key::new(format!("claim:{file}:")).prefix_range()
}

pub(super) fn claim(file: uuid::Uuid, by: &DedupKey) -> Key {
    Key::new(format!("claim:{file}:{}", by.0))
}

/// Identifies repeats of one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DedupKey(String);

impl DedupKey {
    /// The id that its sender gave it.
    pub fn client_id(sender: &str, id: &str) -> Self {
        Self(hash(&["client", sender, id]))
    }

    /// The event that carried it, which the service may repeat.
    pub fn event(connection: &str, event: &str) -> Self {
        Self(hash(&["event", connection, event]))
    }

    /// The answer to a question.
    pub fn answer(generation: u64, question: u64) -> Self {
        let (generation, question) = (generation.to_string(), question.to_string());
        Self(hash(&["answer", &generation, &question]))
    }

    /// A message that cannot be repeated.
    pub fn none(uuid: uuid::Uuid) -> Self {
        Self(hash(&["message", &uuid.to_string()]))
    }
}
