//! Tries a request until it succeeds, fails for good, or the time is up.
//!
//! azure_core's pipeline would do this too. On the hot path its policies cost more than the rest
//! of the call: they clone the request, sanitize its URL for logs, and look for absent headers,
//! each of which captures a backtrace under `RUST_BACKTRACE=1`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use azure_core::http::headers::{HeaderName, RETRY_AFTER, RETRY_AFTER_MS, X_MS_RETRY_AFTER_MS};
use azure_core::http::policies::get_retry_after;
use azure_core::http::{RawResponse, Request, StatusCode};
use azure_core::time::OffsetDateTime;
use tokio::time::{Instant, sleep, timeout_at};

use super::attempt::Attempt;
use crate::error::Error;

const RETRY_HEADERS: [HeaderName; 3] = [X_MS_RETRY_AFTER_MS, RETRY_AFTER_MS, RETRY_AFTER];
const MAX_DELAY: Duration = Duration::from_secs(60);
/// Random, so that clients that failed together do not come back together.
const MAX_JITTER: u64 = 256;

/// Sends requests, each with its retries.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) attempt: Attempt,
    pub(super) try_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) max_retries: u32,
    pub(super) retry_delay: Duration,
}

impl Sender {
    /// Returns a response of any status. One that asks for a retry is the last of several.
    pub(super) async fn send(&self, mut request: Request) -> Result<RawResponse, Error> {
        let deadline = Instant::now() + self.timeout;
        let mut retries = 0;
        loop {
            let result = self.try_once(&mut request, deadline).await;
            let wanted = match &result {
                Ok(response) if is_transient(response.status()) => retry_after(response),
                Err(error) if error.is_transient() && Instant::now() < deadline => None,
                _ => return result,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            // The response tells more than a timeout would, and sooner.
            if retries == self.max_retries || wanted.is_some_and(|wanted| wanted > left) {
                return result;
            }
            let delay = self.delay(retries).max(wanted.unwrap_or_default());
            let waited = timeout_at(deadline, sleep(delay)).await;
            waited.map_err(|_| Error::TimedOut(self.timeout))?;
            retries += 1;
        }
    }

    /// The time limit includes the time that a credential takes to fetch a token.
    async fn try_once(
        &self,
        request: &mut Request,
        deadline: Instant,
    ) -> Result<RawResponse, Error> {
        let end = Instant::now().checked_add(self.try_timeout);
        let end = end.unwrap_or(deadline);
        match timeout_at(end.min(deadline), self.attempt.send(request)).await {
            Ok(result) => result.map_err(Error::from_core),
            Err(_) if end < deadline => Err(Error::TimedOut(self.try_timeout)),
            Err(_) => Err(Error::TimedOut(self.timeout)),
        }
    }

    /// Doubles with every retry.
    fn delay(&self, retries: u32) -> Duration {
        let delay = self
            .retry_delay
            .saturating_mul(2_u32.saturating_pow(retries));
        let random = RandomState::new().build_hasher().finish();
        delay.min(MAX_DELAY) + Duration::from_millis(random % MAX_JITTER)
    }
}

fn is_transient(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::RequestTimeout
            | StatusCode::TooManyRequests
            | StatusCode::InternalServerError
            | StatusCode::BadGateway
            | StatusCode::ServiceUnavailable
            | StatusCode::GatewayTimeout
    )
}

/// How long the service asks to wait.
fn retry_after(response: &RawResponse) -> Option<Duration> {
    let asks = matches!(
        response.status(),
        StatusCode::TooManyRequests | StatusCode::ServiceUnavailable
    );
    let headers = response.headers();
    let wanted = asks.then(|| get_retry_after(headers, OffsetDateTime::now_utc, &RETRY_HEADERS));
    // A negative one asks for nothing.
    wanted.flatten()?.try_into().ok()
}
