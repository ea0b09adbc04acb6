//! The HTTP client that all outgoing calls share.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::logging::trace::TARGET;

/// Of one attempt. Callers that retry have their own limit.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Builds the client for the first call, because setting up TLS costs a cold start milliseconds.
/// Clones share the client and its connections.
#[derive(Debug, Clone, Default)]
pub struct SharedHttpClient(Arc<OnceLock<reqwest::Client>>);

/// The client cannot be built on this machine.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

impl SharedHttpClient {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn client(&self) -> Result<reqwest::Client, HttpClientError> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        let built = build()?;
        Ok(self.0.get_or_init(|| built).clone())
    }
}

/// Lets azure_core use the same client.
#[async_trait]
impl HttpClient for SharedHttpClient {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let client = self.client();
        let client = client.map_err(|error| azure_core::Error::new(ErrorKind::Io, error))?;
        let span = call_span(request);
        let call = HttpClient::execute_request(&client, request);
        let answer = call.instrument(span.clone()).await;
        match &answer {
            Ok(answer) => {
                let status = u16::from(answer.status());
                span.record("http.response.status_code", status);
                if status >= 400 {
                    span.record("error.type", status);
                    span.record("otel.status_code", "ERROR");
                }
            }
            Err(_) => {
                span.record("error.type", "unreachable");
                span.record("otel.status_code", "ERROR");
            }
        }
        answer
    }
}

/// Without the address, which contains ids of users, and signatures of storage.
fn call_span(request: &Request) -> Span {
    let (method, url) = (request.method().as_str(), request.url());
    tracing::debug_span!(
        target: TARGET,
        "request",
        otel.name = method,
        otel.kind = "client",
        http.request.method = method,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        http.response.status_code = Empty,
        error.r#type = Empty,
        otel.status_code = Empty,
    )
}

/// A client for plain HTTP alone. It trusts no certificate, so it works where there are none, and
/// loads none.
pub fn without_tls() -> Result<reqwest::Client, HttpClientError> {
    let tls = tls_builder()?.with_root_certificates(RootCertStore::empty());
    Ok(with_tls(tls.with_no_client_auth())?)
}

fn build() -> Result<reqwest::Client, HttpClientError> {
    let tls = tls_builder()?.with_platform_verifier()?;
    Ok(with_tls(tls.with_no_client_auth())?)
}

/// Names the crypto provider instead of relying on the process's default, which any library could
/// have installed first.
fn tls_builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

fn with_tls(tls: ClientConfig) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .use_preconfigured_tls(tls)
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        // Decoding a compressed blob would hide its size.
        .no_gzip()
        .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
        .build()
}
