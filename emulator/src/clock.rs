//! The clock. Nothing else reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The system clock plus an offset that tests can move forward, so that tokens, messages with a
/// time to live, and abandoned connections expire without a wait. Clones share the offset.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset: Arc<Offset>,
}

#[derive(Debug, Default)]
struct Offset {
    ahead_ms: AtomicI64,
    moved: Notify,
}

impl Clock {
    /// The system clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset.ahead_ms.fetch_add(ms, Ordering::Relaxed);
        self.offset.moved.notify_waiters();
    }

    /// The offset from the system clock.
    pub(crate) fn ahead_ms(&self) -> i64 {
        self.offset.ahead_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ahead_ms(&self, ms: i64) {
        self.offset.ahead_ms.store(ms, Ordering::Relaxed);
        self.offset.moved.notify_waiters();
    }

    /// Sleeps for this long by this clock: moving it forward ends the sleep earlier.
    pub(crate) async fn sleep(&self, duration: Duration) {
        let (started, ahead) = (Instant::now(), self.ahead_ms());
        loop {
            let moved = self.offset.moved.notified();
            let skipped = u64::try_from(self.ahead_ms() - ahead).unwrap_or(0);
            let passed = started.elapsed() + Duration::from_millis(skipped);
            let left = duration.saturating_sub(passed);
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => return,
                () = moved => {}
            }
        }
    }

    /// Milliseconds since 1970.
    pub(crate) fn unix_ms(&self) -> i64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that is handed in"
        )]
        let real = Timestamp::now().as_millisecond();
        real.saturating_add(self.ahead_ms())
    }

    /// Seconds since 1970.
    pub(crate) fn unix_seconds(&self) -> i64 {
        self.unix_ms().div_euclid(1000)
    }

    /// UTC in RFC 3339 with whole seconds, the format of `ce-time`.
    pub(crate) fn rfc3339(&self) -> String {
        Timestamp::from_second(self.unix_seconds())
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_in_whole_seconds() {
        let text = Clock::system().rfc3339();

        assert_eq!(text.len(), "2021-01-01T00:00:00Z".len(), "{text}");
        assert!(text.ends_with('Z'), "{text}");
    }

    #[test]
    fn clones_advance_together() {
        let clock = Clock::system();
        let before = clock.unix_seconds();

        clock.clone().advance(Duration::from_secs(3600));

        assert!(clock.unix_seconds() >= before + 3600);
    }

    #[tokio::test]
    async fn a_sleep_ends_when_the_clock_moves_past_its_end() {
        let clock = Clock::system();
        let hour = Duration::from_secs(3600);
        let mut asleep = std::pin::pin!(clock.sleep(hour));
        let half = || clock.advance(hour / 2);

        tokio::select! {
            biased;
            () = &mut asleep => panic!("the clock was not moved"),
            () = async { half() } => {}
        }
        tokio::select! {
            biased;
            () = &mut asleep => panic!("only half of the time has passed"),
            () = async { half() } => {}
        }

        asleep.await;
    }
}
