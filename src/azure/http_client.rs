//! The one HTTP client for calls out of the process.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use rustls_platform_verifier::BuilderVerifierExt;

/// For one try; who tries again bounds the whole.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Builds the client when the first call goes out: TLS set-up costs milliseconds that a cold
/// start should not pay. Clones share it and its connections.
#[derive(Debug, Clone, Default)]
pub struct SharedHttpClient(Arc<OnceLock<reqwest::Client>>);

/// TLS cannot be set up on this machine.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

impl SharedHttpClient {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn client(&self) -> Result<reqwest::Client, OutgoingError> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        let built = build()?;
        Ok(self.0.get_or_init(|| built).clone())
    }
}

/// So that azure_core uses the one client too.
#[async_trait]
impl HttpClient for SharedHttpClient {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let client = self.client();
        let client = client.map_err(|error| azure_core::Error::new(ErrorKind::Io, error))?;
        HttpClient::execute_request(&client, request).await
    }
}

/// The provider is named here instead of installed for the whole process, where any library
/// could have put another first.
fn build() -> Result<reqwest::Client, OutgoingError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .use_preconfigured_tls(tls)
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        // A blob's own encoding is none of ours: decoding it would hide the blob's size.
        .no_gzip()
        .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}
