//! Keeps a try, and the wait for the next one, within the time that is granted.

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

/// When a call must be done; travels in the pipeline's context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(pub(super) Instant);

/// Limits each try.
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
        let answer = timeout(self.0, send_next(ctx, request, next)).await;
        let response = answer.map_err(|_| {
            // The kind makes the retry policy try again.
            azure_core::Error::new(ErrorKind::Io, TryTimeoutError(self.0))
        })??;
        match ctx.value::<Deadline>() {
            Some(deadline) if retry_exceeds_deadline(&response, *deadline) => {
                give_up(response).await
            }
            _ => Ok(response),
        }
    }
}

/// The pipeline would wait as long as the service asks, and then be cut off: the caller
/// would learn only that time ran out, and late. The service's own answer is worth more.
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

/// An error of this kind passes the retry policy by.
async fn give_up(response: AsyncRawResponse) -> PolicyResult {
    let response = response.try_into_raw_response().await?;
    Err(ErrorKind::HttpResponse {
        status: response.status(),
        error_code: None,
        raw_response: Some(Box::new(response)),
    }
    .into_error())
}

/// Hands a request to the rest of the pipeline. The transport ends every pipeline and is not
/// ours, so there always is a rest.
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
