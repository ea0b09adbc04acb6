//! Waiting for a busy service.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::error::OpenAiError;

/// In all.
const MAX_BUSY: Duration = Duration::from_secs(20);
/// For a service that does not say how long it is busy.
const BUSY_PAUSE: Duration = Duration::from_secs(2);
const MIN_PAUSE: Duration = Duration::from_millis(200);

/// Asks again while the service is busy, as long as it says.
pub async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> Result<T, OpenAiError>
where
    F: Future<Output = Result<T, OpenAiError>>,
{
    let end = Instant::now() + MAX_BUSY;
    loop {
        let error = match ask().await {
            Err(error @ OpenAiError::RateLimited { .. }) => error,
            other => return other,
        };
        let OpenAiError::RateLimited { retry_after } = &error else {
            return Err(error);
        };
        let again = Instant::now() + retry_after.unwrap_or(BUSY_PAUSE).max(MIN_PAUSE);
        if again > end {
            return Err(error);
        }
        sleep_until(again).await;
    }
}
