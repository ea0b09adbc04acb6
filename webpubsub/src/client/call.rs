//! Sends a request through the pipeline and checks the response.

use azure_core::http::{Context, Method, PipelineSendOptions, RawResponse, Request, Url};
use tokio::time::{Instant, timeout_at};

use super::deadline::Deadline;
use super::hub_client::HubClient;
use super::route::Route;
use crate::error::Error;

impl HubClient {
    pub(super) fn route(&self) -> Route {
        Route::hub(&self.shared.endpoint, &self.shared.hub)
    }

    /// Sends a request without a body. Any status but success is an error.
    pub(super) async fn call(&self, method: Method, route: Route) -> Result<RawResponse, Error> {
        check_status(self.request(Request::new(route.finish()?, method)).await?)
    }

    /// Sends a `HEAD` request: success means that the resource exists, 404 that it does not.
    pub(super) async fn exists(&self, route: Route) -> Result<bool, Error> {
        let request = Request::new(route.finish()?, Method::Head);
        match check_status(self.request(request).await?) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn get(&self, url: Url) -> Result<RawResponse, Error> {
        check_status(self.request(Request::new(url, Method::Get)).await?)
    }

    pub(super) async fn request(&self, mut request: Request) -> Result<RawResponse, Error> {
        if request.method() != Method::Head {
            request.insert_header("accept", "application/json");
        }
        let deadline = Instant::now() + self.shared.timeout;
        let context = Context::new().with_value(Deadline(deadline));
        // Our caller checks the status, because 404 is not always an error.
        let send_options = PipelineSendOptions {
            skip_checks: true,
            ..PipelineSendOptions::default()
        };
        let sent = self
            .shared
            .pipeline
            .send(&context, &mut request, Some(send_options));
        timeout_at(deadline, sent)
            .await
            .map_err(|_| Error::TimedOut(self.shared.timeout))?
            .map_err(Error::from_pipeline)
    }
}

pub(super) fn check_status(response: RawResponse) -> Result<RawResponse, Error> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(Error::from_response(&response))
    }
}
