//! Functions without a caller: triggered by queues, timers, event feeds, or by hand.

mod by_hand;
mod event_hub;
mod fire;
mod ncrontab;
mod queue;
mod timer;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub(crate) use by_hand::firing_by_hand;
pub(crate) use event_hub::{Feed, runs_of_feed};
use fire::fire;

use crate::app::{Function, Trigger};
use crate::event::HostEvent;
use crate::firing::{Firing, RunRequest};
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
    let mut partitions = HashMap::new();
    loop {
        tokio::select! {
            Some(request) = requests.recv() => {
                let host = Arc::clone(&host);
                let RunRequest { function, partition, firing } = request;
                let Some(partition) = partition else {
                    running.spawn(async move { run_once(&host, function, firing).await });
                    continue;
                };
                let batches = partitions.entry((function, partition)).or_insert_with(|| {
                    let (batches, received) = mpsc::unbounded_channel();
                    running.spawn(run_in_order(host, function, received));
                    batches
                });
                // Fails only while the host ends.
                let _ = batches.send(firing);
            }
            Some(_) = running.join_next() => {}
            else => std::future::pending().await,
        }
    }
}

async fn run_once(host: &Host, function: usize, firing: Result<Firing, String>) {
    if let Some(function) = host.app.functions.get(function) {
        fire(host, function, firing).await;
    }
}

/// A batch of a partition waits until the one before it has succeeded, or has failed for good.
async fn run_in_order(
    host: Arc<Host>,
    function: usize,
    mut batches: mpsc::UnboundedReceiver<Result<Firing, String>>,
) {
    while let Some(firing) = batches.recv().await {
        run_once(&host, function, firing).await;
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
