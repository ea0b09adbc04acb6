//! The end of a conversation: what was said last, and what may not have gone out yet.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::user_id::UserId;

/// How many runs of messages that are not known to have gone out are kept apart. Runs that are
/// joined are taken for as old as the older, so after a long outage some are sent early.
const MAX_RUNS: usize = 64;
/// Of how many speakers it is kept what they said last.
const MAX_SPEAKERS: usize = 16;
/// Whoever stored a message has this long to send it and say so; then others send it for them.
const OVERDUE: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// Raised when a room is deleted, so that a new one shows nothing old.
    #[serde(rename = "gen", default)]
    pub generation: u64,
    /// The number of the last message; the first is 1.
    pub seq: u64,
    #[serde(rename = "at", default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unsent: Vec<Run>,
    /// Who spoke last, and their last message: what one says oneself is not unread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spoke: Vec<(String, u64)>,
}

/// Messages `from` to `to`, stored at `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub from: u64,
    pub to: u64,
    pub at: Timestamp,
}

impl Head {
    /// Takes in one more message, as not sent yet, and gives it its number and time.
    ///
    /// Clocks of several instances differ, and one may run backwards: times never do.
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

    /// Takes note that a message went out. Whether that was news.
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

    /// What was stored so long ago that its sender must have failed.
    pub fn overdue(&self, now: Timestamp) -> impl Iterator<Item = Run> + '_ {
        let limit = now - OVERDUE;
        self.unsent
            .iter()
            .copied()
            .filter(move |run| run.at < limit)
    }

    /// The last that `user` said, as far as it is remembered.
    fn last_of(&self, user: &UserId) -> u64 {
        let user = user.group_hash();
        let found = self.spoke.iter().find(|(who, _)| *who == user);
        found.map_or(0, |(_, seq)| *seq)
    }

    /// How many messages came after what `user` has read. Who speaks has read what came before.
    pub fn unread(&self, user: &UserId, read: u64) -> u64 {
        self.seq.saturating_sub(read.max(self.last_of(user)))
    }

    /// The head of an empty conversation that comes after this one.
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
