//! What sets functions off without a caller: queues, timers, event feeds, and a person.

mod by_hand;
mod event_hub;
mod fire;
mod ncrontab;
mod queue;
mod timer;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub(crate) use by_hand::firing_by_hand;
pub(crate) use event_hub::{Feed, firings_of_feed};
use fire::fire;

use crate::app::{Function, Trigger};
use crate::event::HostEvent;
use crate::firing::Order;
use crate::host::Host;

/// Runs every trigger, and what is ordered by hand, as long as it is polled.
pub(crate) async fn run(host: Arc<Host>, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut running = JoinSet::new();
    for (at, function) in host.app.functions.iter().enumerate() {
        if function.disabled {
            continue;
        }
        match &function.trigger {
            Trigger::Timer { .. } => {
                running.spawn(timer::run(Arc::clone(&host), at));
            }
            Trigger::Queue { .. } => {
                running.spawn(queue::listen(Arc::clone(&host), at));
            }
            Trigger::EventHub { hub, .. } => host.report(HostEvent::Notice(format!(
                "{}: event hubs are fed by hand here; POST events to /admin/feed/{hub}",
                function.name
            ))),
            Trigger::Other(kind) => host.report(HostEvent::Notice(format!(
                "{}: a {kind} is not supported; POST to /admin/functions/{} to run it",
                function.name, function.name
            ))),
            Trigger::Http(_) => {}
        }
    }
    loop {
        tokio::select! {
            Some((at, firing)) = orders.recv() => {
                let host = Arc::clone(&host);
                running.spawn(async move {
                    if let Some(function) = host.app.functions.get(at) {
                        fire(&host, function, firing).await;
                    }
                });
            }
            Some(_) = running.join_next() => {}
            else => std::future::pending().await,
        }
    }
}

/// The function of that name, in any case, and its place.
pub(crate) fn find<'a>(host: &'a Host, name: &str) -> Option<(usize, &'a Function)> {
    host.app
        .functions
        .iter()
        .enumerate()
        .find(|(_, function)| function.name.eq_ignore_ascii_case(name))
}
