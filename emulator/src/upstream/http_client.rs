//! The HTTP client for handlers. TLS is set up at the first HTTPS request.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::Either;
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

use super::in_process::{InProcess, InProcessError};
use super::trust::HandlerVerifier;
use crate::config::Door;

type Body = Full<Bytes>;
type SecureClient = Client<HttpsConnector<HttpConnector>, Body>;

/// Idle connections are kept and reused, without a limit.
#[derive(Debug)]
pub(super) struct HttpClient {
    plain: Client<HttpConnector, Body>,
    /// Loading the system's root certificates would dominate the start-up time, so they are loaded
    /// only for the first HTTPS handler.
    secure: OnceLock<Result<SecureClient, rustls::Error>>,
    /// The handler that needs no socket.
    in_process: Option<Arc<InProcess>>,
    connect_timeout: Duration,
    trust_loopback: bool,
}

/// Why a request got no response.
#[derive(Debug, Error)]
pub(crate) enum HttpClientError {
    #[error(transparent)]
    Network(#[from] legacy::Error),
    #[error(transparent)]
    InProcess(#[from] InProcessError),
    #[error("cannot set up HTTPS")]
    NoTls(#[source] rustls::Error),
}

impl HttpClient {
    pub(super) fn new(connect_timeout: Duration, trust_loopback: bool, door: Option<Door>) -> Self {
        Self {
            plain: client(connector(connect_timeout)),
            in_process: door.and_then(InProcess::new).map(Arc::new),
            secure: OnceLock::new(),
            connect_timeout,
            trust_loopback,
        }
    }

    /// Has no timeout of its own. Not an `async fn`: its future would keep the request, and every
    /// connection reserves memory for this future.
    pub(super) fn request(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Incoming>, HttpClientError>> + use<> {
        match &self.in_process {
            Some(handler) if handler.serves(request.uri()) => {
                let handler = handler.clone();
                Either::Left(Box::pin(async move {
                    Ok::<_, HttpClientError>(handler.request(request).await?)
                }))
            }
            Some(_) | None => {
                let sent = self.send(request);
                Either::Right(async move { Ok::<_, HttpClientError>(sent?.await?) })
            }
        }
    }

    fn send(&self, request: Request<Body>) -> Result<ResponseFuture, HttpClientError> {
        if request.uri().scheme() != Some(&Scheme::HTTPS) {
            return Ok(self.plain.request(request));
        }
        match self.secure.get_or_init(|| self.secure_client()) {
            Ok(secure) => Ok(secure.request(request)),
            Err(error) => Err(HttpClientError::NoTls(error.clone())),
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
