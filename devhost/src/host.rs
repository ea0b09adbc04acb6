//! The shared state of a running host, and its calls to the handler.

use std::future::Future;

use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::cors::Cors;
use crate::event::HostEvent;
use crate::firing::RunRequest;
use crate::handler::{ExchangeError, HandlerAnswer, Invocations, Link, Outgoing};
use crate::queue::Queues;

/// The version that the host reports. The last number differs between builds of the real host.
pub(crate) const VERSION: &str = "4.1037.0.0";
pub(crate) const USER_AGENT: &str = "Azure-Functions-Host/4.1037.0.0";

/// The maximum size of a request's body, unless a setting changes it.
const DEFAULT_BODY_LIMIT: u64 = 104_857_600;

/// The state that all tasks of a running host share.
pub(crate) struct Host {
    pub(crate) app: App,
    pub(crate) link: Link,
    pub(crate) invocations: Invocations,
    pub(crate) cors: Option<Cors>,
    pub(crate) queues: Queues,
    /// The maximum size of a request's body, in bytes.
    pub(crate) body_limit: u64,
    /// With an Application Insights connection, the real host listens to its own activities and
    /// therefore sends trace headers.
    is_traced: bool,
    events: Box<dyn Fn(HostEvent) + Send + Sync>,
    ready: watch::Sender<bool>,
    restart: watch::Sender<()>,
    run_requests: mpsc::UnboundedSender<RunRequest>,
}

impl Host {
    pub(crate) fn new(
        app: App,
        port: u16,
        events: impl Fn(HostEvent) + Send + Sync + 'static,
        run_requests: mpsc::UnboundedSender<RunRequest>,
    ) -> Self {
        let limit = app.settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT");
        let insights = app
            .settings
            .non_empty("APPLICATIONINSIGHTS_CONNECTION_STRING");
        Self {
            body_limit: limit
                .and_then(|limit| limit.parse().ok())
                .unwrap_or(DEFAULT_BODY_LIMIT),
            is_traced: insights.is_some(),
            cors: Cors::of(&app),
            queues: Queues::new(app.settings.clone(), app.host.queues.base64),
            app,
            link: Link::new(port),
            invocations: Invocations::default(),
            events: Box::new(events),
            ready: watch::Sender::new(false),
            restart: watch::Sender::new(()),
            run_requests,
        }
    }

    pub(crate) fn report(&self, event: HostEvent) {
        (self.events)(event);
    }

    /// Runs a function in the background.
    pub(crate) fn request_run(&self, request: RunRequest) {
        // Fails only while the host ends.
        let _ = self.run_requests.send(request);
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        self.ready.send_replace(ready);
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Waits for the next request to restart the handler.
    pub(crate) async fn restart_requested(&self) {
        // Fails only when the sender is dropped, and `self` owns it.
        let _ = self.restart.subscribe().changed().await;
    }

    /// Waits until the handler is ready, sends it a request and reads its answer. If that exceeds
    /// the function's timeout, the handler is restarted, which fails its other calls too.
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
        let timeout = self.app.host.initialization_timeout * 4;
        let mut ready = self.ready.subscribe();
        match tokio::time::timeout(timeout, ready.wait_for(|ready| *ready)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(ExchangeError::NotReady),
        }
    }

    /// A new `traceparent`, if the app is traced.
    pub(crate) fn new_trace(&self) -> Option<String> {
        let id = || crate::clock::new_id().simple();
        self.is_traced
            .then(|| format!("00-{}-{}-01", id(), new_span()))
    }

    /// A `traceparent` with the caller's trace and a span of the host, or a new one.
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
