//! Sends a request and checks the response.

use azure_core::http::{Method, RawResponse, Request, Url};

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

    /// The response may have any status: our caller checks it, because 404 is not always an error.
    pub(super) async fn request(&self, mut request: Request) -> Result<RawResponse, Error> {
        if request.method() != Method::Head {
            request.insert_header("accept", "application/json");
        }
        request.insert_header("user-agent", USER_AGENT);
        self.shared.sender.send(request).await
    }
}

const USER_AGENT: &str = concat!("webpubsub-rust/", env!("CARGO_PKG_VERSION"));

pub(super) fn check_status(response: RawResponse) -> Result<RawResponse, Error> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(Error::from_response(&response))
    }
}
