//! Questions to the assistant, as far as a conversation knows them: which messages ask, which wait
//! for an answer, and how an answer is named. The module `assistant` answers them.
//!
//! The head notes each question in the write that stores it, and forgets it in the write that
//! stores the answer. A worker claims a question before it answers, in a record of its own, so
//! that its progress never competes with senders for the head.

pub mod claim;
mod task;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use super::Conversation;
use super::keys::DedupKey;
use crate::ids::user_id::UserId;
use crate::store::{Version, hash};

pub use task::Task;

/// In one conversation.
const MAX_OPEN: usize = 5;
/// A question that waits longer than this, and that nobody answers, is queued again.
const OVERDUE: SignedDuration = SignedDuration::from_secs(60);

/// How a message asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// Whether its sender said so. Otherwise it asks only where everything is a question, and
    /// only while fewer than the limit wait.
    pub is_explicit: bool,
    /// The connection of an anonymous sender, whose user id proves nothing.
    pub connection: Option<String>,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    pub seq: u64,
    /// When it was queued last.
    at: Timestamp,
    /// A hash of the asker's id.
    by: String,
    /// A hash of the connection of an anonymous asker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    via: Option<String>,
}

impl OpenQuestion {
    fn new(seq: u64, at: Timestamp, asker: &UserId, asking: &Asking) -> Self {
        Self {
            seq,
            at,
            by: asker.group_hash(),
            via: asking.connection.as_deref().map(connection_hash),
        }
    }

    /// Whether this connection's user asked it.
    pub fn was_asked_by(&self, user: &UserId, is_anonymous: bool, connection: &str) -> bool {
        let is_same_connection = || self.via == Some(connection_hash(connection));
        self.by == user.group_hash()
            && self.via.is_some() == is_anonymous
            && (!is_anonymous || is_same_connection())
    }

    fn is_overdue(&self, now: Timestamp) -> bool {
        self.at < now - OVERDUE
    }
}

fn connection_hash(connection: &str) -> String {
    hash::hash(&["connection", connection])
}

/// The questions of a conversation that wait, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpenQuestions(Vec<OpenQuestion>);

impl OpenQuestions {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &OpenQuestion> {
        self.0.iter()
    }

    pub fn first(&self) -> Option<&OpenQuestion> {
        self.0.first()
    }

    pub fn get(&self, seq: u64) -> Option<&OpenQuestion> {
        self.0.iter().find(|question| question.seq == seq)
    }

    /// Five wait at most, and one of each asker.
    pub fn admits(&self, asker: &UserId) -> bool {
        let asker = asker.group_hash();
        self.0.len() < MAX_OPEN && self.0.iter().all(|question| question.by != asker)
    }

    pub(super) fn note(&mut self, seq: u64, at: Timestamp, asker: &UserId, asking: &Asking) {
        self.0.push(OpenQuestion::new(seq, at, asker, asking));
    }

    /// Forgets a question. Returns whether it waited.
    pub fn close(&mut self, seq: u64) -> bool {
        let before = self.0.len();
        self.0.retain(|question| question.seq != seq);
        self.0.len() < before
    }

    /// Questions that wait for long.
    pub fn overdue(&self, now: Timestamp) -> Vec<u64> {
        let overdue = self.0.iter().filter(|question| question.is_overdue(now));
        overdue.map(|question| question.seq).collect()
    }

    /// Notes that the overdue ones are queued again now.
    pub(super) fn restamp_overdue(&mut self, now: Timestamp) {
        for question in &mut self.0 {
            if question.is_overdue(now) {
                question.at = now;
            }
        }
    }
}

/// The id of the answer to a question: the same for each worker that answers it.
pub fn answer_id(conversation: &Conversation, generation: u64, question: u64) -> Uuid {
    let parts = [
        "answer",
        &conversation.group(),
        &generation.to_string(),
        &question.to_string(),
    ];
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash::digest(&parts)[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// Marks the answer as stored.
pub fn answer_key(generation: u64, question: u64) -> DedupKey {
    DedupKey::answer(generation, question)
}

/// The part of an answer that other messages lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    pub question: u64,
    /// The answer is stored only while this is the claim's version.
    pub claim: Version,
    pub generation: u64,
    pub cancelled: bool,
    pub truncated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn asking(connection: Option<&str>) -> Asking {
        Asking {
            is_explicit: true,
            connection: connection.map(str::to_owned),
        }
    }

    #[test]
    fn five_questions_wait_at_most_and_one_of_each_user() {
        let mut open = OpenQuestions::default();
        for (seq, name) in (1..).zip(["a", "b", "c", "d"]) {
            assert!(open.admits(&user(name)));
            open.note(seq, at(1), &user(name), &asking(None));
            assert!(!open.admits(&user(name)));
        }
        assert!(open.admits(&user("e")));
        open.note(5, at(1), &user("e"), &asking(None));
        assert!(!open.admits(&user("f")));

        assert!(open.close(1));
        assert!(!open.close(1));
        assert!(open.admits(&user("f")) && open.admits(&user("a")));
    }

    #[test]
    fn a_question_is_queued_again_once_a_minute() {
        let mut open = OpenQuestions::default();
        open.note(1, at(100), &user("a"), &asking(None));

        assert_eq!(open.overdue(at(160)), [] as [u64; 0]);
        assert_eq!(open.overdue(at(161)), [1]);
        open.restamp_overdue(at(161));
        assert_eq!(open.overdue(at(221)), [] as [u64; 0]);
    }

    #[test]
    fn an_anonymous_asker_is_known_by_the_connection() {
        let signed_in = OpenQuestion::new(1, at(1), &user("a"), &asking(None));
        let anonymous = OpenQuestion::new(1, at(1), &user("a"), &asking(Some("c1")));

        assert!(signed_in.was_asked_by(&user("a"), false, "c1"));
        assert!(signed_in.was_asked_by(&user("a"), false, "c2"));
        assert!(!signed_in.was_asked_by(&user("a"), true, "c1"));
        assert!(!signed_in.was_asked_by(&user("b"), false, "c1"));
        assert!(anonymous.was_asked_by(&user("a"), true, "c1"));
        assert!(!anonymous.was_asked_by(&user("a"), true, "c2"));
        assert!(!anonymous.was_asked_by(&user("a"), false, "c1"));
    }

    #[test]
    fn answers_have_ids_and_marks_that_no_client_can_choose() {
        let chat = Conversation::of_group("chat:0199a0").unwrap();

        assert_eq!(answer_id(&chat, 0, 7), answer_id(&chat, 0, 7));
        assert_ne!(answer_id(&chat, 0, 7), answer_id(&chat, 1, 7));
        assert_ne!(answer_id(&chat, 0, 7), answer_id(&chat, 0, 8));
        assert_ne!(answer_key(0, 7), DedupKey::client_id("assistant", "7"));
    }
}
