//! The storage account: its blobs and queues, and the messages that failed.

use std::sync::Arc;

use futures_util::future::join;

use super::Local;
use crate::azure::rest::RestError;
use crate::azure::storage_account::work_queue::WorkQueue;
use crate::azure::storage_account::{self, Service, StorageAccount};
use crate::command::doctor::faults;
use crate::command::doctor::finding::{Finding, explain};

const CHECK: &str = "storage";
const QUEUES: &str = "queues";

pub(super) async fn check(local: &Local) -> Vec<Finding> {
    let Some(account) = &local.app.config.storage else {
        let what = "AzureWebJobsStorage is not set";
        return vec![Finding::warning(CHECK, &faults::STORAGE_MISSING, what)];
    };
    let (blobs, queues) = join(
        service(local, account, Service::Blobs, "blobs"),
        service(local, account, Service::Queues, "queues"),
    )
    .await;
    let queues_answer = queues.is_ok();
    let mut found: Vec<_> = [blobs, queues]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    if found.is_empty() {
        let what = format!("blobs and queues of {} answer", account.name);
        found.push(Finding::ok(CHECK, what));
    }
    if queues_answer {
        found.extend(poison(local, &account.name).await);
    }
    found
}

async fn service(
    local: &Local,
    account: &StorageAccount,
    service: Service,
    name: &str,
) -> Result<(), Finding> {
    let Local {
        http, identities, ..
    } = local;
    let checked = storage_account::check(account, service, http, identities, &local.app.clock);
    checked.await.map_err(|error| {
        let what = format!("{name} of {}: {}", account.name, explain(&error));
        Finding::error(CHECK, &faults::STORAGE_FAILED, what).fill("account", &account.name)
    })
}

async fn poison(local: &Local, account: &str) -> Vec<Finding> {
    let outbox = &local.app.outbox;
    let mut found = Vec::new();
    let mut described = Vec::new();
    for queue in [outbox.orders(), outbox.tasks()].into_iter().flatten() {
        match lengths(queue).await {
            Ok((waiting, 0)) => described.push(format!("{} {waiting}", queue.messages().name())),
            Ok((_, poisoned)) => {
                let name = queue.poisoned().name();
                let what = format!("about {poisoned} messages on {name}");
                let finding = Finding::warning(QUEUES, &faults::POISON_MESSAGES, what);
                found.push(finding.fill("queue", name).fill("account", account));
            }
            Err(error) => {
                let what = format!("{}: {}", queue.messages().name(), explain(&error));
                let finding = Finding::error(QUEUES, &faults::STORAGE_FAILED, what);
                found.push(finding.fill("account", account));
            }
        }
    }
    if found.is_empty() {
        let what = format!(
            "waiting messages: {}; none failed for good",
            described.join(", ")
        );
        found.push(Finding::ok(QUEUES, what));
    }
    found
}

/// Messages that wait, and those that failed. A queue that does not exist yet is empty.
async fn lengths(queue: &Arc<WorkQueue>) -> Result<(u64, u64), RestError> {
    let waiting = queue.messages().length().await?.unwrap_or(0);
    let poisoned = queue.poisoned().length().await?.unwrap_or(0);
    Ok((waiting, poisoned))
}
