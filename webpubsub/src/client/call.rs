//! One call: a request through the pipeline, and its answer.

use std::sync::Arc;

use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Method, PipelineSendOptions, RawResponse, Request, Url};
use tokio::time::{Instant, timeout_at};

use super::HubClient;
use super::deadline::Deadline;
use super::route::Route;
use crate::Error;

impl HubClient {
    pub(super) fn route(&self) -> Route {
        Route::hub(&self.shared.endpoint, &self.shared.hub)
    }

    /// Sends a request without a body and expects success.
    pub(super) async fn call(&self, method: Method, route: Route) -> Result<RawResponse, Error> {
        succeeded(self.request(Request::new(route.finish()?, method)).await?)
    }

    /// Asks whether something is there: success or 404.
    pub(super) async fn ask(&self, route: Route) -> Result<bool, Error> {
        let request = Request::new(route.finish()?, Method::Head);
        match succeeded(self.request(request).await?) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn fetch(&self, url: Url) -> Result<RawResponse, Error> {
        succeeded(self.request(Request::new(url, Method::Get)).await?)
    }

    pub(super) async fn request(&self, mut request: Request) -> Result<RawResponse, Error> {
        if request.method() != Method::Head {
            request.insert_header("accept", "application/json");
        }
        let deadline = Instant::now() + self.shared.timeout;
        let context = Context::new().with_value(Deadline(deadline));
        // The answer's status is judged by the caller, who may take 404 for an answer.
        let checks = PipelineSendOptions {
            skip_checks: true,
            ..PipelineSendOptions::default()
        };
        let sent = self
            .shared
            .pipeline
            .send(&context, &mut request, Some(checks));
        timeout_at(deadline, sent)
            .await
            .map_err(|_| Error::TimedOut(self.shared.timeout))?
            .map_err(Error::from_pipeline)
    }
}

pub(super) fn succeeded(response: RawResponse) -> Result<RawResponse, Error> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(Error::refused(&response))
    }
}

/// Hands a request to the rest of the pipeline. The transport ends every pipeline and is not
/// ours, so there always is a rest.
pub(super) async fn pass_on(
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
