//! Authorizes each attempt with a token signed by the access key.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};

use super::deadline::send_next;
use super::options::Clock;
use crate::access_key::AccessKey;
use crate::token::server_token;

/// Long enough to tolerate clock skew, short enough to limit the use of a stolen token.
const LIFETIME: Duration = Duration::from_secs(300);

/// Runs after the retry policy in the pipeline, so that a retry does not send a token that
/// expired during the wait.
pub(super) struct SignEachTry {
    pub(super) key: AccessKey,
    pub(super) clock: Clock,
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait's own signature leaves the context's lifetime out"
)]
#[async_trait]
impl Policy for SignEachTry {
    async fn send(
        &self,
        ctx: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let token = server_token(&self.key, request.url().as_str(), (self.clock)(), LIFETIME);
        request.insert_header(AUTHORIZATION, format!("Bearer {token}"));
        send_next(ctx, request, next).await
    }
}

impl fmt::Debug for SignEachTry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignEachTry")
    }
}
