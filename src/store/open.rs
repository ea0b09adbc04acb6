//! The store that the settings name.

use std::sync::Arc;

use super::Store;
use super::sqlite::SqliteStore;
use crate::clock::{Clock, Ids};
use crate::config::StoreConfig;
use crate::outgoing::OutgoingHttp;

/// Nothing is opened before it is used.
pub fn open(
    config: &StoreConfig,
    _outgoing: &OutgoingHttp,
    _clock: &Clock,
    ids: &Ids,
) -> Arc<dyn Store> {
    match config {
        StoreConfig::Sqlite { path } => Arc::new(SqliteStore::new(path.clone(), ids.clone())),
        // Until their backends are here.
        StoreConfig::Tables(_) | StoreConfig::Cosmos(_) => {
            Arc::new(SqliteStore::new("data/switchboard.db", ids.clone()))
        }
    }
}
