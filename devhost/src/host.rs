use std::future::Future;

use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::cors::Cors;
use crate::event::HostEvent;
use crate::firing::Order;
use crate::handler::{ExchangeError, HandlerAnswer, Invocations, Link, Outgoing};
use crate::queue::Queues;

/// What the host calls itself. Real ones differ in the last number.
pub(crate) const VERSION: &str = "4.1037.0.0";
pub(crate) const USER_AGENT: &str = "Azure-Functions-Host/4.1037.0.0";

/// What the host takes unless a setting says otherwise.
const BODY_LIMIT: u64 = 104_857_600;

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
    pub(crate) fn new(
        app: App,
        port: u16,
        events: impl Fn(HostEvent) + Send + Sync + 'static,
        orders: mpsc::UnboundedSender<Order>,
    ) -> Self {
        let limit = app.settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT");
        let insights = app.settings.filled("APPLICATIONINSIGHTS_CONNECTION_STRING");
        Self {
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
        }
    }

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
