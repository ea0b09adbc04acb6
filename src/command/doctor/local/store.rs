//! The store: a record is written, read and deleted in each of its collections.

use futures_util::future::join_all;
use uuid::Uuid;

use super::Local;
use crate::command::doctor::faults;
use crate::command::doctor::finding::{Finding, explain};
use crate::config::StoreConfig;
use crate::store::{Collection, Key, Partition, Store, Write};

const CHECK: &str = "store";
/// No record of ours is in a partition of that name.
const PARTITION: &str = "switchboard-doctor";

pub(super) async fn check(local: &Local) -> Vec<Finding> {
    let store = &*local.app.store;
    let id = local.ids.uuid();
    let probes = Collection::ALL.map(|collection| async move {
        let failed = |why| format!("{collection:?}: {why}");
        probe(store, collection, id).await.map_err(failed)
    });
    let failures: Vec<_> = join_all(probes)
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    let name = describe(&local.app.config.store);
    match failures.split_first() {
        None => {
            let what = format!("{name}: a record was written, read and deleted in each collection");
            vec![Finding::ok(CHECK, what)]
        }
        // Most often all of them fail for one reason.
        Some((first, others)) => {
            let more = match others.len() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let what = format!("{name}: {first}{more}");
            let finding = Finding::error(CHECK, &faults::STORE_FAILED, what);
            vec![match &local.app.config.store {
                StoreConfig::Tables(account) => finding.fill("account", &account.name),
                StoreConfig::Sqlite { .. } | StoreConfig::Cosmos(_) => finding,
            }]
        }
    }
}

async fn probe(store: &dyn Store, collection: Collection, id: Uuid) -> Result<(), String> {
    let partition = Partition::new(collection, PARTITION);
    let key = Key::new(id.simple().to_string());
    let body = format!("\"{id}\"");
    let insert = Write::Insert {
        key: key.clone(),
        body: body.clone(),
    };
    let written = store.write(&partition, vec![insert]).await;
    written.map_err(|error| format!("writing failed: {}", explain(&error)))?;
    let read = store.get(&partition, &key).await;
    let read = read.map_err(|error| format!("reading failed: {}", explain(&error)))?;
    let record = read.ok_or("a record that was written is not there")?;
    let is_same = record.body == body;
    let deleted = store.write(&partition, vec![Write::delete(record)]).await;
    deleted.map_err(|error| format!("deleting failed: {}", explain(&error)))?;
    match is_same {
        true => Ok(()),
        false => Err("a record came back changed".to_owned()),
    }
}

fn describe(config: &StoreConfig) -> String {
    match config {
        StoreConfig::Sqlite { path } => format!("SQLite file {}", path.display()),
        StoreConfig::Tables(account) => format!("tables of {}", account.name),
        StoreConfig::Cosmos(cosmos) => format!("Cosmos DB database {}", cosmos.database),
    }
}
