//! The time limit of an operation.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::RestError;

const TIMEOUT: Duration = Duration::from_secs(4);

/// When an operation must have an answer, however many calls and retries it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn start() -> Self {
        Self::within(TIMEOUT)
    }

    pub(crate) fn within(timeout: Duration) -> Self {
        Self(Instant::now() + timeout)
    }

    pub(crate) async fn limits<T>(self, work: impl Future<Output = T>) -> Result<T, RestError> {
        let done = timeout_at(self.0, work).await;
        done.map_err(|_| RestError::TooLong)
    }

    pub(super) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
