//! Runs an app: the tasks that work at the same time, and how they end.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::app::{App, Files, LoadError};
use crate::event::{HostError, HostEvent};
use crate::host::Host;
use crate::http::{Stream, Wire};
use crate::supervisor::{Supervisor, free_port};
use crate::{front, trigger};

/// Runs an app until `shutdown` completes or the handler fails for good.
///
/// Works in any tokio runtime, and several times in one process, each with its own listener. At
/// the end, and also when the future is dropped, it kills the handler without notice, as the
/// host does.
pub async fn run(
    mut app: App,
    listener: TcpListener,
    events: impl Fn(HostEvent) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> Result<(), HostError> {
    let port = match (app.options.attach, app.host.fixed_port) {
        (Some(port), _) | (None, Some(port)) => port,
        (None, None) => free_port().map_err(HostError::NoPort)?,
    };
    let at = listener.local_addr().map_err(HostError::Listener)?;
    let in_process = app.in_process.take();
    let (run_sender, run_requests) = mpsc::unbounded_channel();
    let host = Arc::new(Host::new(app, port, events, run_sender));
    host.report(HostEvent::Running {
        at,
        functions: host.app.functions(),
        warnings: host.app.warnings().to_vec(),
    });

    let mut supervisor = Supervisor::new(Arc::clone(&host));
    let ended = tokio::select! {
        () = shutdown => Ok(()),
        error = supervisor.run() => Err(error),
        error = accept(&host, listener, in_process) => Err(error),
        () = trigger::run(Arc::clone(&host), run_requests) => Ok(()),
    };
    supervisor.stop().await;
    ended
}

/// Runs an app as [`run`] does, and restarts it when its host.json or a function.json changes;
/// `load` reads the files again.
///
/// A restart cuts off running calls. If the app cannot be loaded, this is reported, and no
/// request is answered until the files change again.
pub async fn run_watching(
    app: App,
    mut load: impl FnMut() -> Result<App, LoadError>,
    listener: TcpListener,
    events: impl Fn(HostEvent) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> Result<(), HostError> {
    let events = Arc::new(events);
    let listener = listener.into_std().map_err(HostError::Listener)?;
    let (folder, mut files) = (app.folder.clone(), app.files.clone());
    let mut loaded: Result<App, LoadError> = Ok(app);
    tokio::pin!(shutdown);
    loop {
        let mut has_changed = false;
        let end = async {
            tokio::select! {
                () = &mut shutdown => {}
                () = files.changed() => has_changed = true,
            }
        };
        match loaded {
            Ok(app) => {
                let same = listener.try_clone().and_then(TcpListener::from_std);
                let events = Arc::clone(&events);
                let events = move |event| events(event);
                run(app, same.map_err(HostError::Listener)?, events, end).await?;
            }
            Err(error) => {
                events(HostEvent::NotLoaded(error.to_string()));
                end.await;
            }
        }
        if !has_changed {
            return Ok(());
        }
        events(HostEvent::Changed);
        // Before loading, so that a change during it is noticed.
        files = Files::of(&folder);
        loaded = load();
    }
}

/// The address of a caller in this process.
const IN_PROCESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn accept(
    host: &Arc<Host>,
    listener: TcpListener,
    mut in_process: Option<mpsc::UnboundedReceiver<DuplexStream>>,
) -> HostError {
    // Dropping this set ends the calls, however the host ends.
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => if let Ok(wire) = Wire::new(stream) {
                    calls.spawn(front::serve(Arc::clone(host), wire, peer));
                },
                // The caller has gone, or too many files are open: keep accepting.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                    return HostError::Listener(error);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(stream) = next(&mut in_process) => {
                let wire = Wire::over(Stream::Memory(stream));
                calls.spawn(front::serve(Arc::clone(host), wire, IN_PROCESS));
            }
            Some(_) = calls.join_next() => {}
        }
    }
}

async fn next(
    connections: &mut Option<mpsc::UnboundedReceiver<DuplexStream>>,
) -> Option<DuplexStream> {
    connections.as_mut()?.recv().await
}
