//! The way to handlers: HTTP, and HTTPS from the first time that a handler asks for it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{self, Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use thiserror::Error;

use super::trust::HandlerVerifier;

type Body = Full<Bytes>;
type SecureClient = Client<HttpsConnector<HttpConnector>, Body>;

/// Connections are kept and used again, as many as were ever needed at the same time.
#[derive(Debug)]
pub(super) struct Transport {
    plain: Client<HttpConnector, Body>,
    /// Reading the machine's root certificates takes longer than all else at the start, so it
    /// waits until somebody needs them.
    secure: OnceLock<Result<SecureClient, rustls::Error>>,
    connect_timeout: Duration,
    trust_loopback: bool,
}

/// Why a handler has no answer.
#[derive(Debug, Error)]
pub(crate) enum TransportError {
    #[error(transparent)]
    Network(#[from] legacy::Error),
    #[error("HTTPS is not possible here")]
    NoTls(#[source] rustls::Error),
}

impl Transport {
    pub(super) fn new(connect_timeout: Duration, trust_loopback: bool) -> Self {
        Self {
            plain: client(connector(connect_timeout)),
            secure: OnceLock::new(),
            connect_timeout,
            trust_loopback,
        }
    }

    /// Nobody but the caller limits how long this takes. Not an `async fn`: every connection keeps
    /// room for this future, and it need not hold the request.
    pub(super) fn request(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Incoming>, TransportError>> + use<> {
        let sent = self.send(request);
        async move { Ok(sent?.await?) }
    }

    fn send(&self, request: Request<Body>) -> Result<ResponseFuture, TransportError> {
        if request.uri().scheme() != Some(&Scheme::HTTPS) {
            return Ok(self.plain.request(request));
        }
        match self.secure.get_or_init(|| self.secure_client()) {
            Ok(secure) => Ok(secure.request(request)),
            Err(error) => Err(TransportError::NoTls(error.clone())),
        }
    }

    fn secure_client(&self) -> Result<SecureClient, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = HandlerVerifier::new(provider.clone(), self.trust_loopback);
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let mut below = connector(self.connect_timeout);
        below.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_http1()
            .wrap_connector(below);
        Ok(client(connector))
    }
}

fn connector(timeout: Duration) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(timeout));
    connector
}

fn client<C: Connect + Clone>(connector: C) -> Client<C, Body> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(usize::MAX)
        .build(connector)
}
