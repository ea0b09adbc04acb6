//! Sources of time, new ids and randomness. Everything else takes them from here, so that tests
//! can control expiry and order.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use uuid::Uuid;

/// The time of day. Cheap to clone; tests pass a clock that they can move.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that others take the time from"
        )]
        Self(Arc::new(Timestamp::now))
    }

    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// Seconds since 1970, the unit of time in tokens.
    pub fn seconds(&self) -> i64 {
        self.now().as_second()
    }

    pub fn system_time(&self) -> SystemTime {
        self.now().into()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// RFC 3339 in UTC with microseconds and `Z`: the format of every time that we send.
pub fn rfc3339(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// New ids.
#[derive(Clone)]
pub struct Ids(Arc<dyn Fn() -> Uuid + Send + Sync>);

impl Ids {
    pub fn random() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is where others take new ids from"
        )]
        Self(Arc::new(Uuid::new_v4))
    }

    pub fn from_fn(next: impl Fn() -> Uuid + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    pub fn uuid(&self) -> Uuid {
        (self.0)()
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

/// Random pauses and choices, so that instances do not act in step. Derived from a source of ids:
/// where a test controls the ids, it controls these as well.
#[derive(Debug, Clone)]
pub struct Jitter(Ids);

impl Jitter {
    pub fn new(ids: Ids) -> Self {
        Self(ids)
    }

    /// A random duration from `min` to `max`.
    pub fn between(&self, min: Duration, max: Duration) -> Duration {
        min + max.saturating_sub(min) * u32::from(self.byte()) / u32::from(u8::MAX)
    }

    /// `true` for one call in `calls`, on average.
    pub fn one_in(&self, calls: u8) -> bool {
        self.byte().checked_rem(calls) == Some(0)
    }

    /// The first byte of a random UUID is random.
    fn byte(&self) -> u8 {
        let [byte, ..] = self.0.uuid().into_bytes();
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_microseconds_and_a_z() {
        let time: Timestamp = "2026-01-13T18:30:00Z".parse().unwrap();

        assert_eq!(rfc3339(time), "2026-01-13T18:30:00.000000Z");
    }

    #[test]
    fn jitter_covers_the_whole_range_and_nothing_beyond() {
        let (min, max) = (Duration::from_millis(10), Duration::from_millis(520));
        let pause = |byte| jitter(byte).between(min, max);

        assert_eq!(pause(0), min);
        assert_eq!(pause(1), Duration::from_millis(12));
        assert_eq!(pause(255), max);
    }

    #[test]
    fn jitter_chooses_one_byte_in_so_many() {
        let chosen = (0..=255).filter(|byte| jitter(*byte).one_in(64));

        assert_eq!(chosen.count(), 4);
    }

    fn jitter(byte: u8) -> Jitter {
        Jitter::new(Ids::from_fn(move || Uuid::from_bytes([byte; 16])))
    }
}
