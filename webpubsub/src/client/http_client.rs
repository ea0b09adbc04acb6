//! An HTTP client that costs nothing until it is used.

use std::fmt;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, new_http_client};

/// Builds an HTTP client for the first request and keeps it.
///
/// Building one loads the system's certificates and takes milliseconds, and with rustls it
/// panics while no cryptography provider is installed. A process that may never send should
/// pay neither, and one that installs its provider a little later should not fail.
///
/// Share one among several [`HubClient`](crate::HubClient)s through
/// [`HubClientOptions::http_client`](crate::HubClientOptions::http_client).
pub struct LazyHttpClient {
    build: Box<dyn Fn() -> Arc<dyn HttpClient> + Send + Sync>,
    built: OnceLock<Arc<dyn HttpClient>>,
}

impl LazyHttpClient {
    /// Uses what `build` returns when it is first needed.
    pub fn new(build: impl Fn() -> Arc<dyn HttpClient> + Send + Sync + 'static) -> Self {
        Self {
            build: Box::new(build),
            built: OnceLock::new(),
        }
    }
}

impl Default for LazyHttpClient {
    /// Uses azure_core's own client: reqwest, which follows no redirects.
    fn default() -> Self {
        Self::new(|| new_http_client(None))
    }
}

#[async_trait]
impl HttpClient for LazyHttpClient {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.built
            .get_or_init(&self.build)
            .execute_request(request)
            .await
    }
}

impl fmt::Debug for LazyHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyHttpClient")
            .field("built", &self.built)
            .finish_non_exhaustive()
    }
}
