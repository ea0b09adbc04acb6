//! How the records of an inbox are named.

use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::user_id::UserId;
use crate::store::hash::hash;
use crate::store::{Collection, Key, Partition};

/// More microseconds than the year 2286 has since 1970: times count backwards from here.
const END_OF_TIME: i64 = 9_999_999_999_999_999;

pub(super) fn partition(user: &UserId) -> Partition {
    Partition::new(Collection::Users, user.inbox_group())
}

/// The record that an id is known by.
pub(super) fn marker(id: &str) -> Key {
    Key::new(format!("id:{}", id_hash(id)))
}

fn id_hash(id: &str) -> String {
    hash(&["notification", id])
}

/// The place of a notification in its inbox, which is part of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Slot(String);

impl Slot {
    pub(super) fn new(at: Timestamp, id: &str) -> Self {
        Self(format!("{}:{}", newest_first(at), id_hash(id)))
    }

    /// Of the key of a notification, or of the record that it is unread.
    pub(super) fn of(key: &Key) -> Option<Self> {
        let (_, slot) = key.as_str().split_once(':')?;
        Some(Self(slot.to_owned()))
    }

    pub(super) fn notification(&self) -> Key {
        Key::new(format!("n:{}", self.0))
    }

    pub(super) fn unread(&self) -> Key {
        Key::new(format!("u:{}", self.0))
    }

    pub(super) fn marker(&self) -> Key {
        let (_, hash) = self.0.split_once(':').unwrap_or_default();
        Key::new(format!("id:{hash}"))
    }

    pub(super) fn is_before(&self, time: Timestamp) -> bool {
        *self.0 > *newest_first(time)
    }

    /// `true` for one slot in `slots`, on average.
    pub(super) fn one_in(&self, slots: u8) -> bool {
        let last = self.0.bytes().next_back().unwrap_or_default();
        last.checked_rem(slots) == Some(0)
    }
}

/// The notifications that arrived after `oldest`, newest first; behind `before`, if given.
pub(super) fn notifications(before: Option<&Slot>, oldest: Timestamp) -> Range<Key> {
    range("n:", before.map(Slot::notification), oldest)
}

/// The same for the records of unread ones.
pub(super) fn unread(before: Option<&Slot>, oldest: Timestamp) -> Range<Key> {
    range("u:", before.map(Slot::unread), oldest)
}

/// Every record of an unread notification, however old.
pub(super) fn all_unread() -> Range<Key> {
    Key::literal("u:").prefix_range()
}

/// The notifications that arrived until `oldest`.
pub(super) fn expired(oldest: Timestamp) -> Range<Key> {
    Key::new(format!("n:{}", newest_first(oldest)))..Key::literal("n:").prefix_range().end
}

fn range(prefix: &'static str, before: Option<Key>, oldest: Timestamp) -> Range<Key> {
    let start = before.map_or(Key::literal(prefix), |key| key.successor());
    start..Key::new(format!("{prefix}{}", newest_first(oldest)))
}

/// Sorts later times first.
fn newest_first(at: Timestamp) -> String {
    let micros = at.as_microsecond().clamp(0, END_OF_TIME);
    format!("{:016}", END_OF_TIME - micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(micros).unwrap()
    }

    #[test]
    fn later_notifications_come_first() {
        let [earlier, later] = [9, 10].map(|time| Slot::new(at(time), "x").notification());

        assert!(later < earlier);
    }

    #[test]
    fn a_notification_is_either_listed_or_expired() {
        for (time, is_listed) in [(9, false), (10, false), (11, true)] {
            let slot = Slot::new(at(time), "x");
            let listed = notifications(None, at(10)).contains(&slot.notification());

            assert_eq!(listed, is_listed, "{time}");
            assert_eq!(unread(None, at(10)).contains(&slot.unread()), is_listed);
            assert_eq!(expired(at(10)).contains(&slot.notification()), !is_listed);
            assert_eq!(slot.is_before(at(10)), !is_listed);
        }
    }

    #[test]
    fn a_page_begins_behind_the_notification_before_it() {
        let [older, newer] = [9, 10].map(|time| Slot::new(at(time), "x"));
        let keys = notifications(Some(&newer), at(0));

        assert!(!keys.contains(&newer.notification()));
        assert!(keys.contains(&older.notification()));
    }

    #[test]
    fn a_slot_is_known_by_its_keys() {
        let slot = Slot::new(at(9), "x");

        assert_eq!(Slot::of(&slot.notification()), Some(slot.clone()));
        assert_eq!(Slot::of(&slot.unread()), Some(slot.clone()));
        assert_eq!(slot.marker(), marker("x"));
    }
}
