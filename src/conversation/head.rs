//! The end of a conversation: the last number, and the messages that may not have been sent yet.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::question::OpenQuestions;
use crate::ids::user_id::UserId;

/// How many runs of unsent messages are kept apart. Merged runs count as old as the older one, so
/// after a long outage some messages are resent early.
const MAX_RUNS: usize = 64;
/// For how many senders the last message is remembered.
const MAX_SPEAKERS: usize = 16;
/// An instance that stored a message has this long to send it and record that; then others send
/// it.
const OVERDUE: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// Raised when a room is deleted, so that a new room shows no old messages.
    #[serde(rename = "gen", default)]
    pub generation: u64,
    /// The number of the last message; the first is 1.
    pub seq: u64,
    #[serde(rename = "at", default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unsent: Vec<Run>,
    /// The last senders with their last messages: a user's own messages are not unread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spoke: Vec<(String, u64)>,
    /// Questions that the assistant has not answered.
    #[serde(default, skip_serializing_if = "OpenQuestions::is_empty")]
    pub questions: OpenQuestions,
}

/// Messages `from` to `to`, stored at `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub from: u64,
    pub to: u64,
    pub at: Timestamp,
}

impl Head {
    /// Adds an unsent message, and returns its number and time.
    ///
    /// The clocks of instances differ, and a clock may run backwards; message times never do.
    pub fn push(&mut self, sender: &UserId, now: Timestamp) -> (u64, Timestamp) {
        self.seq += 1;
        let at = self.last_message_at.map_or(now, |last| last.max(now));
        self.last_message_at = Some(at);
        match self.unsent.last_mut() {
            Some(run) if run.to + 1 == self.seq && run.at == now => run.to = self.seq,
            _ => self.unsent.push(Run {
                from: self.seq,
                to: self.seq,
                at: now,
            }),
        }
        if self.unsent.len() > MAX_RUNS {
            self.join_oldest();
        }
        let speaker = sender.group_hash();
        self.spoke.retain(|(who, _)| *who != speaker);
        self.spoke.push((speaker, self.seq));
        if self.spoke.len() > MAX_SPEAKERS {
            self.spoke.remove(0);
        }
        (self.seq, at)
    }

    fn join_oldest(&mut self) {
        let second = self.unsent.remove(1);
        if let Some(first) = self.unsent.first_mut() {
            first.to = second.to;
        }
    }

    pub fn is_unsent(&self, seq: u64) -> bool {
        self.unsent
            .iter()
            .any(|run| (run.from..=run.to).contains(&seq))
    }

    /// Records that a message was sent. Returns whether the head changed.
    pub fn mark_sent(&mut self, seq: u64) -> bool {
        let Some(position) = self
            .unsent
            .iter()
            .position(|run| (run.from..=run.to).contains(&seq))
        else {
            return false;
        };
        let run = self.unsent.remove(position);
        let before = Run { to: seq - 1, ..run };
        let behind = Run {
            from: seq + 1,
            ..run
        };
        let left = [before, behind].into_iter().filter(|r| r.from <= r.to);
        self.unsent.splice(position..position, left);
        true
    }

    /// Messages that were stored so long ago that the instance that stored them must have failed.
    pub fn overdue(&self, now: Timestamp) -> impl Iterator<Item = Run> + '_ {
        let limit = now - OVERDUE;
        self.unsent
            .iter()
            .copied()
            .filter(move |run| run.at < limit)
    }

    /// The number of the user's last message, if it is remembered.
    fn last_of(&self, user: &UserId) -> u64 {
        let user = user.group_hash();
        let found = self.spoke.iter().find(|(who, _)| *who == user);
        found.map_or(0, |(_, seq)| *seq)
    }

    /// The number of messages after those that `user` has read. A sender has read everything before
    /// its own message.
    pub fn unread(&self, user: &UserId, read: u64) -> u64 {
        self.seq.saturating_sub(read.max(self.last_of(user)))
    }

    /// The head of the empty conversation that follows a deletion.
    pub fn after_deletion(&self) -> Self {
        Self {
            generation: self.generation + 1,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    #[test]
    fn numbers_have_no_gap_and_times_never_go_back() {
        let mut head = Head::default();

        assert_eq!(head.push(&user("a"), at(100)), (1, at(100)));
        assert_eq!(head.push(&user("b"), at(90)), (2, at(100)));
        assert_eq!(head.push(&user("a"), at(110)), (3, at(110)));
    }

    #[test]
    fn a_run_is_overdue_once_ten_seconds_have_passed() {
        let mut head = Head::default();
        head.push(&user("a"), at(100));
        head.push(&user("a"), at(105));

        let overdue: Vec<_> = head.overdue(at(111)).map(|r| (r.from, r.to)).collect();

        assert_eq!(overdue, [(1, 1)]);
        assert_eq!(head.overdue(at(110)).count(), 0);
    }

    #[test]
    fn what_one_says_oneself_is_not_unread() {
        let mut head = Head::default();
        for name in ["a", "b", "b", "a", "b"] {
            head.push(&user(name), at(1));
        }

        assert_eq!(head.unread(&user("a"), 0), 1);
        assert_eq!(head.unread(&user("b"), 0), 0);
        assert_eq!(head.unread(&user("c"), 2), 3);
        assert_eq!(head.unread(&user("c"), 9), 0);
    }

    proptest! {
        #[test]
        fn unsent_is_what_was_pushed_and_not_marked(
            times in prop::collection::vec(0..5_i64, 1..60),
            sent in prop::collection::vec(1..60_u64, 0..60),
        ) {
            let mut head = Head::default();
            for time in &times {
                head.push(&user("a"), at(*time));
            }
            let mut left: std::collections::BTreeSet<u64> = (1..=times.len() as u64).collect();

            for seq in sent {
                prop_assert_eq!(head.mark_sent(seq), left.remove(&seq));
            }

            for seq in 0..70 {
                prop_assert_eq!(head.is_unsent(seq), left.contains(&seq));
            }
        }

        #[test]
        fn an_outage_forgets_nothing_and_stays_small(count in 1..400_u64) {
            let mut head = Head::default();
            for n in 0..count {
                head.push(&user("a"), at(i64::try_from(n).unwrap()));
            }

            prop_assert!(head.unsent.len() <= MAX_RUNS);
            prop_assert!((1..=count).all(|seq| head.is_unsent(seq)));
        }
    }
}
