use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::app::{App, Files, LoadError};
use crate::event::{HostError, HostEvent};
use crate::handler::{Supervisor, free_port};
use crate::host::Host;
use crate::{front, trigger};

/// Runs an app until `shutdown` completes or the handler is beyond help.
///
/// Works inside any tokio runtime, and as often in one process as there are listeners. At the
/// end, and also when the future is dropped, the handler is killed without a word, as the host
/// does it.
pub async fn run(
    app: App,
    listener: TcpListener,
    events: impl Fn(HostEvent) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> Result<(), HostError> {
    let port = match (app.options.attach, app.host.fixed_port) {
        (Some(port), _) | (None, Some(port)) => port,
        (None, None) => free_port().map_err(HostError::NoPort)?,
    };
    let at = listener.local_addr().map_err(HostError::Listener)?;
    let (orders, ordered) = mpsc::unbounded_channel();
    let host = Arc::new(Host::new(app, port, events, orders));
    host.report(HostEvent::Running {
        at,
        functions: host.app.functions(),
        warnings: host.app.warnings().to_vec(),
    });

    let mut supervisor = Supervisor::new(Arc::clone(&host));
    let ended = tokio::select! {
        () = shutdown => Ok(()),
        error = supervisor.run() => Err(error),
        error = accept(&host, listener) => Err(error),
        () = trigger::run(Arc::clone(&host), ordered) => Ok(()),
    };
    supervisor.stop().await;
    ended
}

/// Runs an app as [`run`] does, and starts it again whenever its host.json or a function.json
/// changes, which `load` then reads.
///
/// What is running at that time is cut off. An app that cannot be loaded is told of, and nobody
/// is answered until its files change once more.
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
        // Before it is loaded: a change meanwhile must not go unnoticed.
        files = Files::of(&folder);
        loaded = load();
    }
}

async fn accept(host: &Arc<Host>, listener: TcpListener) -> HostError {
    // The calls end with this set, whichever way the host ends.
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    calls.spawn(front::serve(Arc::clone(host), stream, peer));
                }
                // One caller gone, or too many files open: neither is an end.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                    return HostError::Listener(error);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = calls.join_next() => {}
        }
    }
}
