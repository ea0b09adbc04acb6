//! `switchboard serve`: the HTTP server that Azure starts.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::FutureExt;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tower::Service;

use crate::app::ServiceError;
use crate::app::{App, AppState};
use crate::clock::{Clock, Ids};
use crate::config::{self, Config, ConfigError, ConfigErrors, Listen, Source};
use crate::functions::assistant::AssistantTasks;
use crate::functions::broadcast::Broadcast;
use crate::functions::{self, queue_trigger};
use crate::trace_export::Exporter;

/// How long running calls may take to end. Platforms kill the process soon after they ask it to
/// stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than load balancers keep an unused connection, so that they close it and not we.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const PARENT_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The port is in use, or not permitted.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    address: SocketAddr,
    #[source]
    cause: io::Error,
}

/// Builds the handler from settings, serves until `shutdown`, and then lets running calls end.
pub async fn run(source: Source<'_>, shutdown: impl Future<Output = ()>) -> Result<(), BindError> {
    let listen = Listen::from_settings(source);
    let state = build(source, listen);
    let address = listen.address();
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|cause| BindError { address, cause })?;
    tracing::info!(
        "switchboard {} listens on {}",
        env!("CARGO_PKG_VERSION"),
        listener.local_addr().unwrap_or(address)
    );
    serve(listener, state, shutdown).await;
    Ok(())
}

/// Builds the state from settings. Invalid settings do not stop the handler: it answers with the
/// errors.
pub fn build(source: Source<'_>, listen: Listen) -> AppState {
    let clock = Clock::system();
    let app = Config::from_settings(source).and_then(|config| {
        App::new(config, clock.clone(), &Ids::random()).map_err(|error| {
            ConfigErrors(vec![ConfigError {
                setting: match error {
                    ServiceError::Store(_) => "STORE",
                    ServiceError::StorageAccount(_) => "AzureWebJobsStorage",
                    ServiceError::OpenAi(_) => "AZURE_OPENAI_ENDPOINT",
                    ServiceError::Identity(_) | ServiceError::Client(_) => {
                        "AZURE_WEB_PUBSUB_ENDPOINT"
                    }
                },
                problem: format!("cannot be used: {error}"),
            }])
        })
    });
    if let Err(errors) = &app {
        tracing::error!("invalid settings: {errors}");
    }
    AppState::new(app, listen, clock)
}

/// Serves on a listener that the caller has bound.
pub async fn serve(listener: TcpListener, state: AppState, shutdown: impl Future<Output = ()>) {
    let listen = state.listen();
    let http = http_for(listen);
    let app = state.app().ok();
    let (stop_polling, polling) = poll_queues(listen, app.clone());
    let service = functions::service(state);
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Most likely too many files are open; some will be closed soon.
                tracing::warn!("failed to accept a connection: {error}");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are small and written at once; without this some would wait for an ACK.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("failed to set TCP_NODELAY: {error}");
        }
        let service = service.clone();
        let answer = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            service.clone().call(request)
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended early: {error}");
            }
        });
    }
    drop((listener, stop_polling));
    tracing::info!("draining");
    if timeout(DRAIN_TIMEOUT, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            "some calls still ran after {} seconds",
            DRAIN_TIMEOUT.as_secs()
        );
    }
    if timeout(DRAIN_TIMEOUT, polling).await.is_err() {
        tracing::warn!(
            "some messages of the queue were still being processed; they are shown again"
        );
    }
    if let Some(app) = app {
        if timeout(DRAIN_TIMEOUT, app.messages.drain()).await.is_err() {
            tracing::warn!("some deliveries were not recorded; messages may be resent");
        }
        tracing::info!(
            "drained; {} writes lost a race with another instance and were repeated",
            app.messages.lost_races()
        );
    }
}

/// In a container there is no Functions host to read the queues. The task ends once the sender is
/// dropped and the messages that were taken are processed.
fn poll_queues(listen: Listen, app: Option<Arc<App>>) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let polling = async move {
        if let (Listen::Container(_), Some(app)) = (listen, app) {
            let stopped = async {
                let _ = stopped.await;
            }
            .shared();
            tokio::join!(
                queue_trigger::poll::<Broadcast>(app.clone(), stopped.clone()),
                queue_trigger::poll::<AssistantTasks>(app, stopped),
            );
        }
    };
    (stop, tokio::spawn(polling))
}

/// The Functions host is our only caller, keeps connections for long, and must never find one
/// closed. On a public port clients may hold idle connections, so there they time out.
fn http_for(listen: Listen) -> http1::Builder {
    let mut http = http1::Builder::new();
    if !listen.is_functions() {
        http.timer(TokioTimer::new())
            .header_read_timeout(IDLE_TIMEOUT);
    }
    http
}

/// Waits for SIGTERM or Ctrl-C. It listens from this call on, not only from the first poll.
pub fn stop_signal() -> impl Future<Output = ()> {
    let (terminated, interrupted) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    async {
        tokio::select! {
            () = receive(terminated) => {}
            () = receive(interrupted) => {}
        }
    }
}

async fn receive(signal: io::Result<Signal>) {
    match signal {
        Ok(mut signal) => drop(signal.recv().await),
        // Without our handler the signal ends the process by itself.
        Err(_) => std::future::pending().await,
    }
}

/// Serves with the settings of the environment. The traces of the last calls are sent at the end.
pub async fn run_from_environment(exporter: Option<Exporter>) -> Result<(), BindError> {
    let parent = config::dev_parent(&config::environment);
    let signal = stop_signal();
    let stop = async {
        tokio::select! {
            () = signal => {}
            () = orphaned(parent) => {}
        }
    };
    let exporting = exporter.map(Exporter::start);
    let served = run(&config::environment, stop).await;
    if let Some(exporting) = exporting {
        exporting.flush().await;
    }
    served
}

/// Waits until the parent has died. Only polling can detect a killed parent.
async fn orphaned(parent: Option<u32>) {
    let Some(parent) = parent else {
        return std::future::pending().await;
    };
    while std::os::unix::process::parent_id() == parent {
        sleep(PARENT_POLL_INTERVAL).await;
    }
}
