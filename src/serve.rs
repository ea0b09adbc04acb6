//! `switchboard serve`: what Azure starts.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::app::{self, AppState, Ready};
use crate::clock::{Clock, Ids};
use crate::config::{self, Config, Listen, Mistake, Mistakes, Source};

/// How long calls in flight may take to end. Platforms kill soon after they have asked.
const DRAIN: Duration = Duration::from_secs(10);

/// Builds the handler from settings and serves until `shutdown`, then lets calls in flight end.
pub async fn run(source: Source<'_>, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let listen = Listen::from_settings(source);
    let app = build(source, listen);
    let listener = TcpListener::bind(listen.address()).await?;
    tracing::info!(
        "switchboard {} listens on {}",
        env!("CARGO_PKG_VERSION"),
        listener.local_addr()?
    );
    serve(listener, app, shutdown).await
}

/// Settings to state. A mistake does not stop the handler: it answers with what is wrong.
pub fn build(source: Source<'_>, listen: Listen) -> AppState {
    let clock = Clock::system();
    let ready = Config::from_settings(source).and_then(|config| {
        Ready::new(config, clock.clone(), &Ids::random()).map_err(|error| {
            Mistakes(vec![Mistake {
                setting: "AZURE_WEB_PUBSUB_ENDPOINT",
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
pub async fn serve(
    listener: TcpListener,
    app: AppState,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Answers are small and written at once; without this some would wait for an ACK.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("TCP_NODELAY could not be set: {error}");
        }
    });
    let service =
        ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(app::service(app));
    let (asked, drained) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        // The server below ends it as well, so that nobody is listening is no matter.
        let _ = drained.await;
    });
    let server = std::pin::pin!(server.into_future());
    let mut server = server;
    tokio::select! {
        ended = &mut server => return ended,
        () = shutdown => {}
    }
    tracing::info!("draining");
    let _ = asked.send(());
    if tokio::time::timeout(DRAIN, server).await.is_err() {
        tracing::warn!("some calls had not ended after {} seconds", DRAIN.as_secs());
    }
    Ok(())
}

/// SIGTERM or Ctrl-C.
pub async fn asked_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}

/// The process's own settings.
pub async fn run_from_environment() -> io::Result<()> {
    run(&config::environment, asked_to_stop()).await
}
