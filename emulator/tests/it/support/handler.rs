//! An event handler that gives the answers of the test and records its requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::within;

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

pub(crate) struct Handler {
    scheme: &'static str,
    pub(crate) addr: SocketAddr,
    seen: Mutex<mpsc::UnboundedReceiver<Seen>>,
}

/// One request to the handler.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn event(&self) -> &str {
        self.header("ce-eventname").unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) type Answer = Response<Full<Bytes>>;

impl Handler {
    /// Allows validation, and answers all events with `answer`.
    pub(crate) async fn answering(
        answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::new(answer);
        Self::start(move |seen| {
            let answer = answer.clone();
            async move {
                match seen.method {
                    Method::OPTIONS => Self::allowing("*"),
                    _ => answer(&seen),
                }
            }
        })
        .await
    }

    /// Answers one event with these bytes and this type, and all others with nothing.
    pub(crate) async fn saying(
        event: &'static str,
        status: u16,
        content_type: Option<&'static str>,
        body: &'static [u8],
    ) -> Self {
        Self::answering(move |seen| {
            if seen.event() != event {
                return Answer::default();
            }
            let mut answer = Response::builder().status(status);
            if let Some(content_type) = content_type {
                answer = answer.header("content-type", content_type);
            }
            answer.body(Full::from(body)).unwrap()
        })
        .await
    }

    /// Answers everything with nothing, but the event `slow` only after a release.
    pub(crate) async fn holding() -> (Self, watch::Sender<bool>) {
        let (release, released) = watch::channel(false);
        let handler = Self::start(move |seen| {
            let mut released = released.clone();
            async move {
                if seen.event() == "slow" {
                    let _ = released.wait_for(|&released| released).await;
                }
                Self::allowing("*")
            }
        })
        .await;
        (handler, release)
    }

    pub(crate) async fn silent() -> Self {
        Self::answering(|_| Answer::default()).await
    }

    /// With an untrusted certificate.
    pub(crate) async fn silent_over_tls() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let answer = |seen: Seen| async move {
            match seen.method {
                Method::OPTIONS => Self::allowing("*"),
                _ => Answer::default(),
            }
        };
        Self::listening(Some(acceptor), answer).await
    }

    /// Answers everything including validation.
    pub(crate) async fn start<F>(answer: impl Fn(Seen) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send,
    {
        Self::listening(None, answer).await
    }

    async fn listening<F>(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(Seen) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, tls, answer)
    }

    /// Answers everything on this listener.
    pub(crate) fn on<F>(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        answer: impl Fn(Seen) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send,
    {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let addr = listener.local_addr().unwrap();
        let (sender, seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stream: Box<dyn Io> = match &tls {
                    None => Box::new(stream),
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => Box::new(stream),
                        Err(_) => continue,
                    },
                };
                let (sender, answer) = (sender.clone(), answer.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (sender, answer) = (sender.clone(), answer.clone());
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let path = parts.uri.path_and_query().unwrap().to_string();
                        let seen = Seen {
                            method: parts.method,
                            path,
                            headers: parts.headers,
                            body,
                        };
                        let _ = sender.send(seen.clone());
                        Ok::<_, Infallible>(answer(seen).await)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self {
            scheme,
            addr,
            seen: Mutex::new(seen),
        }
    }

    pub(crate) fn template(&self) -> String {
        format!("{}://{}/{{hub}}/{{event}}", self.scheme, self.addr)
    }

    pub(crate) fn allowing(origin: &str) -> Answer {
        Response::builder()
            .header("WebHook-Allowed-Origin", origin)
            .body(Full::default())
            .unwrap()
    }

    pub(crate) fn json(body: &'static str) -> Answer {
        Response::builder()
            .header("content-type", "application/json")
            .body(Full::from(body))
            .unwrap()
    }

    pub(crate) fn text(body: &'static str) -> Answer {
        Response::builder()
            .header("content-type", "text/plain")
            .body(Full::from(body))
            .unwrap()
    }

    pub(crate) fn status(status: u16) -> Answer {
        Response::builder()
            .status(status)
            .body(Full::default())
            .unwrap()
    }

    pub(crate) async fn next(&self) -> Seen {
        let mut seen = self.seen.lock().await;
        within("an event", seen.recv()).await.unwrap()
    }

    /// Whether every request so far was read.
    pub(crate) async fn nothing_more(&self) -> bool {
        self.seen.lock().await.is_empty()
    }

    /// Skips to the next event of this name.
    pub(crate) async fn next_named(&self, event: &str) -> Seen {
        loop {
            let seen = self.next().await;
            if seen.event() == event {
                return seen;
            }
        }
    }
}
