//! Where the time and new ids come from, so that expiry and order can be tested.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use uuid::Uuid;

/// The time of day. Cheap to clone; tests hand in one that they can move.
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

    /// A clock of one's own.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// Seconds since 1970, as tokens count them.
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

/// RFC 3339 in UTC with microseconds and `Z`: how every time leaves us.
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

    /// A source of one's own.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_microseconds_and_a_z() {
        let time: Timestamp = "2026-01-13T18:30:00Z".parse().unwrap();

        assert_eq!(rfc3339(time), "2026-01-13T18:30:00.000000Z");
    }
}
