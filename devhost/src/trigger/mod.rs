//! Functions without a caller: triggered by queues, timers, event feeds, or by hand.

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
pub(crate) use event_hub::{Feed, runs_of_feed};
use fire::fire;

use crate::app::{Function, Trigger};
use crate::event::HostEvent;
use crate::firing::RunRequest;
use crate::host::Host;

/// Runs all triggers and all requests by hand. Never completes.
pub(crate) async fn run(host: Arc<Host>, mut requests: mpsc::UnboundedReceiver<RunRequest>) {
    let mut running = JoinSet::new();
    for (index, function) in host.app.functions.iter().enumerate() {
        if function.disabled {
            continue;
        }
        match &function.trigger {
            Trigger::Timer { .. } => {
                running.spawn(timer::run(Arc::clone(&host), index));
            }
            Trigger::Queue { .. } => {
                running.spawn(queue::listen(Arc::clone(&host), index));
            }
            Trigger::EventHub { hub, .. } => host.report(HostEvent::Notice(format!(
                "{}: event hubs are not connected; POST events to /admin/feed/{hub}",
                function.name
            ))),
            Trigger::Other(kind) => host.report(HostEvent::Notice(format!(
                "{}: the trigger {kind} is not supported; POST to /admin/functions/{} to run the function",
                function.name, function.name
            ))),
            Trigger::Http(_) => {}
        }
    }
    loop {
        tokio::select! {
            Some(request) = requests.recv() => {
                let host = Arc::clone(&host);
                running.spawn(async move {
                    if let Some(function) = host.app.functions.get(request.function) {
                        fire(&host, function, request.firing).await;
                    }
                });
            }
            Some(_) = running.join_next() => {}
            else => std::future::pending().await,
        }
    }
}

/// The function with that name, in any case, and its index.
pub(crate) fn find<'a>(host: &'a Host, name: &str) -> Option<(usize, &'a Function)> {
    host.app
        .functions
        .iter()
        .enumerate()
        .find(|(_, function)| function.name.eq_ignore_ascii_case(name))
}
