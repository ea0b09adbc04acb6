//! An HTTP client that is not built until it is used.

use std::fmt;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, new_http_client};

/// Builds an HTTP client on the first request and then reuses it.
///
/// Building a client loads the system's certificates, which takes milliseconds, and with
/// rustls it panics if no cryptography provider is installed. A process that never sends
/// should not pay that cost, and a process may install its provider after it creates a
/// [`HubClient`](crate::HubClient).
///
/// Several hub clients can share one through
/// [`HubClientOptions::http_client`](crate::HubClientOptions::http_client).
pub struct LazyHttpClient {
    build: Box<dyn Fn() -> Arc<dyn HttpClient> + Send + Sync>,
    built: OnceLock<Arc<dyn HttpClient>>,
}

impl LazyHttpClient {
    /// Calls `build` on the first request and uses the client that it returns.
    pub fn new(build: impl Fn() -> Arc<dyn HttpClient> + Send + Sync + 'static) -> Self {
        Self {
            build: Box::new(build),
            built: OnceLock::new(),
        }
    }
}

impl Default for LazyHttpClient {
    /// Uses azure_core's default client: reqwest, without redirects.
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
