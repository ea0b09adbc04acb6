//! The server: accepts connections and routes requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::app::{App, HubSettings};
use crate::config::Config;
use crate::query::Query;
use crate::response::{Response, response};
use crate::transport::Transport;
use crate::{client, control, rest};

const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Give up on a listener after this many failures in a row, about a minute.
const MAX_FAILURES: u32 = 1_200;
const FAILURE_PAUSE: Duration = Duration::from_millis(50);
/// How long a stopping emulator waits for its clients to be closed.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// How many clients may wait to be accepted. The usual 128 are too few for hundreds that connect at
/// once: a client that is rejected retries only after a second.
const BACKLOG: u32 = 4096;

/// Listens with a backlog for many clients that connect at once.
pub fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for the connections of the last run. On Windows the option means
    // more.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Why an emulator stopped before its shutdown.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the listener failed: {0}")]
    Accept(#[from] std::io::Error),
}

/// An emulator that is ready to run. One process may run many.
#[derive(Debug)]
pub struct Emulator {
    config: Config,
    settings: HubSettings,
}

/// Runs an emulator until `shutdown` resolves, then closes its clients and returns.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    Emulator::new(config).run(listener, shutdown).await
}

impl Emulator {
    /// Creates an emulator with these settings.
    pub fn new(config: Config) -> Self {
        let settings = HubSettings::default();
        settings.replace(&config);
        Self { config, settings }
    }

    /// A handle to change the hub settings while the emulator runs.
    pub fn hub_settings(&self) -> HubSettings {
        self.settings.clone()
    }

    /// See [`run`].
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let (stop, stopping) = watch::channel(false);
        let endpoint = self.config.endpoint(listener.local_addr()?);
        let app = Arc::new(App::new(&self.config, &endpoint, self.settings, stopping));
        let accepted = tokio::select! {
            result = accept(&listener, &app) => result,
            () = shutdown => Ok(()),
        };
        drop(listener);
        stop.send_replace(true);
        // Every task holds the app, and the app holds the other end of this channel.
        drop(app);
        let _ = timeout(STOP_TIMEOUT, stop.closed()).await;
        accepted
    }
}

async fn accept(listener: &TcpListener, app: &Arc<App>) -> Result<(), Error> {
    let mut failures = 0;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                failures = 0;
                app.spawn(serve(stream, peer, app.clone()));
            }
            Err(error) if failures == MAX_FAILURES => return Err(error.into()),
            // Too many open files, or a client that left at once. Others may still connect.
            Err(error) => {
                failures += 1;
                tracing::warn!("failed to accept a connection: {error}");
                tokio::time::sleep(FAILURE_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, app: Arc<App>) {
    // Without this option frames are only delayed a little.
    let _ = stream.set_nodelay(true);
    let stream = match &app.tls {
        None => Transport::Plain(stream),
        // Boxed, so that plain connections do not take the memory of a handshake.
        Some(tls) => match Box::pin(timeout(HEADER_TIMEOUT, tls.accept(stream))).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!("a TLS handshake failed: {error}"),
            Err(_) => return,
        },
    };
    let scheme = stream.scheme();
    let service = service_fn(|mut request| {
        let app = app.clone();
        async move {
            request.extensions_mut().insert(scheme);
            Ok::<_, Infallible>(respond(&app, peer, request).await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!("a client's HTTP connection ended: {error}");
    }
}

/// Delays the response by the simulated latency. The control API is for tests on this machine, so
/// it has none.
async fn respond(app: &Arc<App>, peer: SocketAddr, request: Request<Incoming>) -> Response {
    let is_control = app.control && request.uri().path().starts_with("/emulator/");
    let response = route(app, peer, request).await;
    if !is_control && !app.timing.latency.is_zero() {
        tokio::time::sleep(app.timing.latency).await;
    }
    response
}

async fn route(app: &Arc<App>, peer: SocketAddr, request: Request<Incoming>) -> Response {
    let path = request.uri().path().to_owned();
    if let Some(hub) = path.strip_prefix("/client/hubs/") {
        return client::handshake(app, request, hub).await;
    }
    match path.as_str() {
        "/client" | "/client/" => {
            let query = Query::parse(request.uri().query().unwrap_or_default());
            let hub = query.get("hub").unwrap_or_default().to_owned();
            client::handshake(app, request, &hub).await
        }
        "/api/health" if matches!(*request.method(), Method::HEAD | Method::GET) => rest::health(),
        path if path.starts_with("/emulator/") && app.control => {
            Box::pin(control::handle(app, peer, request)).await
        }
        path if let Some(path) = path.strip_prefix("/entra") => app.entra.handle(path),
        path if path.starts_with("/api/") => rest::handle(app, request).await,
        _ => response(StatusCode::NOT_FOUND, None, ""),
    }
}
