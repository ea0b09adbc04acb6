//! Records that count something for one UTC day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::contract::Store;
use super::types::{Collection, Key, MAX_WRITES, Partition, Write};

/// The records of this kind for the day of `now`.
pub(crate) fn partition(kind: &str, now: Timestamp) -> Partition {
    Partition::new(Collection::Settings, format!("{kind}:{}", day_of(now)))
}

/// Removes some of the records of two days ago; yesterday's may still be written. Call it whenever
/// a record is new.
pub(crate) async fn forget_earlier(store: &dyn Store, kind: &str, now: Timestamp) {
    let old = partition(kind, now - SignedDuration::from_hours(48));
    let everything = Key::literal("-")..Key::literal("~");
    let found = store.range(&old, everything, MAX_WRITES).await;
    let deletes: Vec<_> = found.into_iter().flatten().map(Write::delete).collect();
    if !deletes.is_empty() {
        // Another instance may do the same at the same time.
        let _ = store.write(&old, deletes).await;
    }
}

fn day_of(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}
