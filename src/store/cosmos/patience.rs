//! How long a caller waits.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The whole of a call, however often something is tried.
const CALL: Duration = Duration::from_secs(4);
/// A single try.
const TRY: Duration = Duration::from_secs(2);

/// When a call gives up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience(Instant);

impl Patience {
    pub(super) fn begins() -> Self {
        Self(Instant::now() + CALL)
    }

    pub(super) fn ends(self) -> Instant {
        self.0
    }

    /// When a try that begins now gives up.
    pub(super) fn try_ends(self) -> Instant {
        self.0.min(Instant::now() + TRY)
    }

    /// Waits that long, or says at once that there is no time for it.
    pub(super) async fn wait(self, long: Duration) -> bool {
        let until = Instant::now() + long;
        let fits = until < self.0;
        if fits {
            sleep_until(until).await;
        }
        fits
    }
}
