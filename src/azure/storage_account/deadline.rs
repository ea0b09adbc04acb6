//! How long a call may take.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::StorageError;

const WHOLE_CALL: Duration = Duration::from_secs(4);

/// When whoever asked must have an answer, over all the calls that it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn of_one_call() -> Self {
        Self(Instant::now() + WHOLE_CALL)
    }

    /// Waits no longer than this.
    pub(crate) async fn limits<T>(self, what: impl Future<Output = T>) -> Result<T, StorageError> {
        let done = timeout_at(self.0, what).await;
        done.map_err(|_| StorageError::TooLong)
    }

    pub(super) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
