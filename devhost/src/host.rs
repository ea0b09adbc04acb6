use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::app::App;
use crate::event::{HostError, HostEvent};
use crate::front::{self, Cors};
use crate::handler::{
    ExchangeError, HandlerAnswer, Invocations, Link, Outgoing, Supervisor, free_port,
};
use crate::trigger::{self, Order, queue::Queues};

/// What the host calls itself. Real ones differ in the last number.
pub(crate) const VERSION: &str = "4.1037.0.0";
pub(crate) const USER_AGENT: &str = "Azure-Functions-Host/4.1037.0.0";

/// What the host takes unless a setting says otherwise.
const BODY_LIMIT: u64 = 104_857_600;

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
    let (orders, ordered) = mpsc::unbounded_channel();
    let limit = app.settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT");
    let insights = app.settings.filled("APPLICATIONINSIGHTS_CONNECTION_STRING");
    let host = Arc::new(Host {
        body_limit: limit
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(BODY_LIMIT),
        is_traced: insights.is_some(),
        cors: Cors::of(&app),
        queues: Queues::new(app.settings.clone(), app.host.queues.base64),
        app,
        link: Link::new(port),
        invocations: Invocations::default(),
        events: Box::new(events),
        ready: watch::Sender::new(false),
        restart: watch::Sender::new(()),
        orders,
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

/// One running host: the app, its handler, and who is told of what happens.
pub(crate) struct Host {
    pub(crate) app: App,
    pub(crate) link: Link,
    pub(crate) invocations: Invocations,
    pub(crate) cors: Option<Cors>,
    pub(crate) queues: Queues,
    /// The largest body of a request, in bytes.
    pub(crate) body_limit: u64,
    /// An Application Insights connection makes the real host listen to its own activities, and
    /// then it sends traces on.
    is_traced: bool,
    events: Box<dyn Fn(HostEvent) + Send + Sync>,
    ready: watch::Sender<bool>,
    restart: watch::Sender<()>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Host {
    pub(crate) fn report(&self, event: HostEvent) {
        (self.events)(event);
    }

    /// Has a function run soon.
    pub(crate) fn order(&self, order: Order) {
        // Nobody listens only while the host ends.
        let _ = self.orders.send(order);
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        self.ready.send_replace(ready);
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Waits until somebody asks from now on.
    pub(crate) async fn restart_asked(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.restart.subscribe().changed().await;
    }

    /// Waits for the handler, sends it a request and reads its answer, all within the
    /// function's time; a handler that exceeds it is killed, whoever else it was working for.
    pub(crate) async fn exchange(
        &self,
        request: &Outgoing,
    ) -> Result<HandlerAnswer, ExchangeError> {
        self.wait_until_ready().await?;
        self.within_function_timeout(self.link.send(request)).await
    }

    pub(crate) async fn within_function_timeout<T>(
        &self,
        work: impl Future<Output = Result<T, ExchangeError>>,
    ) -> Result<T, ExchangeError> {
        let Some(limit) = self.app.host.function_timeout else {
            return work.await;
        };
        match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_) => {
                self.restart.send_replace(());
                Err(ExchangeError::TimedOut)
            }
        }
    }

    pub(crate) async fn wait_until_ready(&self) -> Result<(), ExchangeError> {
        if self.is_ready() {
            return Ok(());
        }
        let patience = self.app.host.initialization_timeout * 4;
        let mut ready = self.ready.subscribe();
        match tokio::time::timeout(patience, ready.wait_for(|ready| *ready)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(ExchangeError::NotReady),
        }
    }

    /// A new trace, where the app is traced.
    pub(crate) fn new_trace(&self) -> Option<String> {
        let id = || crate::clock::new_id().simple();
        self.is_traced
            .then(|| format!("00-{}-{}-01", id(), new_span()))
    }

    /// The caller's trace with a span of the host's, or a new trace.
    pub(crate) fn child_trace(&self, parent: Option<&str>) -> Option<String> {
        let new = self.new_trace()?;
        let trace = parent
            .and_then(|parent| parent.split('-').nth(1))
            .filter(|id| id.len() == 32);
        Some(trace.map_or(new, |trace| format!("00-{trace}-{}-01", new_span())))
    }
}

fn new_span() -> String {
    let mut id = crate::clock::new_id().simple().to_string();
    id.truncate(16);
    id
}
