//! `switchboard serve`: what Azure starts.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};
use tower::Service;

use crate::app::ServiceError;
use crate::app::{App, AppState};
use crate::clock::{Clock, Ids};
use crate::config::{self, Config, ConfigError, ConfigErrors, Listen, Source};
use crate::functions;

/// How long calls in flight may take to end. Platforms kill soon after they have asked.
const DRAIN: Duration = Duration::from_secs(10);
/// Longer than load balancers keep an unused connection, so that they close it and not we.
const MAX_SILENCE: Duration = Duration::from_secs(300);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const PARENT_LOOK: Duration = Duration::from_secs(1);

/// The port is taken, or not ours to take.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    address: SocketAddr,
    #[source]
    cause: io::Error,
}

/// Builds the handler from settings and serves until `shutdown`, then lets calls in flight end.
pub async fn run(source: Source<'_>, shutdown: impl Future<Output = ()>) -> Result<(), BindError> {
    let listen = Listen::from_settings(source);
    let app = build(source, listen);
    let address = listen.address();
    let listening = TcpListener::bind(address).await;
    let listener = listening.map_err(|cause| BindError { address, cause })?;
    tracing::info!(
        "switchboard {} listens on {}",
        env!("CARGO_PKG_VERSION"),
        listener.local_addr().unwrap_or(address)
    );
    serve(listener, app, shutdown).await;
    Ok(())
}

/// Settings to state. A mistake does not stop the handler: it answers with what is wrong.
pub fn build(source: Source<'_>, listen: Listen) -> AppState {
    let clock = Clock::system();
    let ready = Config::from_settings(source).and_then(|config| {
        App::new(config, clock.clone(), &Ids::random()).map_err(|error| {
            ConfigErrors(vec![ConfigError {
                setting: match error {
                    ServiceError::Store(_) => "STORE",
                    ServiceError::Attachments(_) => "AzureWebJobsStorage",
                    ServiceError::Identity(_) | ServiceError::Client(_) => {
                        "AZURE_WEB_PUBSUB_ENDPOINT"
                    }
                },
                problem: format!("cannot be used: {error}"),
            }])
        })
    });
    if let Err(mistakes) = &ready {
        tracing::error!("the settings are not usable: {mistakes}");
    }
    AppState::new(ready, listen, clock)
}

/// Serves an app on a listener of one's own.
pub async fn serve(listener: TcpListener, app: AppState, shutdown: impl Future<Output = ()>) {
    let http = http_for(app.listen());
    let ready = app.ready().ok();
    let front = functions::service(app);
    let open = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Most likely too many files are open, and some will be closed soon.
                tracing::warn!("a connection could not be accepted: {error}");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are small and written at once; without this some would wait for an ACK.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("TCP_NODELAY could not be set: {error}");
        }
        let front = front.clone();
        let answer = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            front.clone().call(request)
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended early: {error}");
            }
        });
    }
    drop(listener);
    tracing::info!("draining");
    if timeout(DRAIN, open.shutdown()).await.is_err() {
        tracing::warn!("some calls had not ended after {} seconds", DRAIN.as_secs());
    }
    if let Some(ready) = ready {
        if timeout(DRAIN, ready.messages.drain()).await.is_err() {
            tracing::warn!("that some messages were sent is not recorded: they may be sent again");
        }
        tracing::info!(
            "drained; {} writes came after another instance's and were made again",
            ready.messages.lost_races()
        );
    }
}

/// The Functions host is alone in calling us, keeps connections for long, and must never find
/// one closed as it sends; on an open port somebody may hold connections without a word.
fn http_for(listen: Listen) -> http1::Builder {
    let mut http = http1::Builder::new();
    if !listen.is_functions() {
        http.timer(TokioTimer::new())
            .header_read_timeout(MAX_SILENCE);
    }
    http
}

/// SIGTERM or Ctrl-C, from this call on and not only once somebody waits for it.
pub fn asked_to_stop() -> impl Future<Output = ()> {
    let (terminated, interrupted) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    async {
        tokio::select! {
            () = received(terminated) => {}
            () = received(interrupted) => {}
        }
    }
}

async fn received(signal: io::Result<Signal>) {
    match signal {
        Ok(mut signal) => drop(signal.recv().await),
        // Then the system's own way of ending a process remains.
        Err(_) => std::future::pending().await,
    }
}

/// The process's own settings.
pub async fn run_from_environment() -> Result<(), BindError> {
    let parent = config::dev_parent(&config::environment);
    let asked = asked_to_stop();
    let stop = async {
        tokio::select! {
            () = asked => {}
            () = orphaned(parent) => {}
        }
    };
    run(&config::environment, stop).await
}

/// The parent can be killed without a word, and nothing but looking tells.
async fn orphaned(parent: Option<u32>) {
    let Some(parent) = parent else {
        return std::future::pending().await;
    };
    while std::os::unix::process::parent_id() == parent {
        sleep(PARENT_LOOK).await;
    }
}
