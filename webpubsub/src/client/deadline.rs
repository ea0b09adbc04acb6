//! Limits the time of each attempt, and of the wait before the next one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, RETRY_AFTER, RETRY_AFTER_MS, X_MS_RETRY_AFTER_MS};
use azure_core::http::policies::{Policy, PolicyResult, get_retry_after};
use azure_core::http::{AsyncRawResponse, Context, Request, StatusCode};
use azure_core::time::OffsetDateTime;
use tokio::time::{Instant, timeout};

use crate::error::TryTimeoutError;

const RETRY_HEADERS: [HeaderName; 3] = [X_MS_RETRY_AFTER_MS, RETRY_AFTER_MS, RETRY_AFTER];

/// When the whole call must have finished. Stored in the pipeline's context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(pub(super) Instant);

/// Limits the time of each attempt.
#[derive(Debug)]
pub(super) struct TryTimeout(pub(super) Duration);

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait's own signature leaves the context's lifetime out"
)]
#[async_trait]
impl Policy for TryTimeout {
    async fn send(
        &self,
        ctx: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let result = timeout(self.0, send_next(ctx, request, next)).await;
        let response = result.map_err(|_| {
            // The retry policy retries errors of this kind.
            azure_core::Error::new(ErrorKind::Io, TryTimeoutError(self.0))
        })??;
        match ctx.value::<Deadline>() {
            Some(deadline) if retry_exceeds_deadline(&response, *deadline) => {
                into_error(response).await
            }
            _ => Ok(response),
        }
    }
}

/// Whether the service asks for a wait that would pass the deadline. The pipeline would
/// wait until the deadline and then report a timeout; returning the service's response at
/// once tells the caller more, and sooner.
fn retry_exceeds_deadline(response: &AsyncRawResponse, deadline: Deadline) -> bool {
    let asks_to_wait = matches!(
        response.status(),
        StatusCode::TooManyRequests | StatusCode::ServiceUnavailable
    );
    let left = deadline.0.saturating_duration_since(Instant::now());
    asks_to_wait
        && get_retry_after(response.headers(), OffsetDateTime::now_utc, &RETRY_HEADERS)
            .is_some_and(|wait| wait > left)
}

/// Turns a response into an error of a kind that the retry policy does not retry.
async fn into_error(response: AsyncRawResponse) -> PolicyResult {
    let response = response.try_into_raw_response().await?;
    Err(ErrorKind::HttpResponse {
        status: response.status(),
        error_code: None,
        raw_response: Some(Box::new(response)),
    }
    .into_error())
}

/// Passes a request to the next policy. Every pipeline ends with the transport, so a policy
/// of ours is never the last one.
pub(super) async fn send_next(
    ctx: &Context<'_>,
    request: &mut Request,
    next: &[Arc<dyn Policy>],
) -> PolicyResult {
    match next.split_first() {
        Some((policy, rest)) => policy.send(ctx, request, rest).await,
        None => Err(azure_core::Error::with_message(
            ErrorKind::Other,
            "the pipeline has no transport",
        )),
    }
}
