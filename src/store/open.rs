//! The store that the settings name.

use std::sync::Arc;

use super::Store;
use super::cosmos::CosmosStore;
use super::sqlite::SqliteStore;
use super::table::TableStore;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::azure::storage_account::SetupError;
use crate::clock::{Clock, Ids};
use crate::config::StoreConfig;

/// The settings are fine, but no store can be had by them.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Tables(#[from] SetupError),
    #[error(transparent)]
    Cosmos(#[from] IdentityError),
}

/// Nothing goes out, and nothing is opened, before the store is used.
pub fn open(
    config: &StoreConfig,
    outgoing: &SharedHttpClient,
    identities: &ManagedIdentities,
    clock: &Clock,
    ids: &Ids,
) -> Result<Arc<dyn Store>, OpenError> {
    let (outgoing, clock) = (outgoing.clone(), clock.clone());
    Ok(match config {
        StoreConfig::Sqlite { path } => Arc::new(SqliteStore::new(path.clone(), ids.clone())),
        StoreConfig::Tables(account) => {
            Arc::new(TableStore::new(account, outgoing, clock, identities)?)
        }
        StoreConfig::Cosmos(cosmos) => Arc::new(CosmosStore::new(
            cosmos.clone(),
            outgoing,
            clock,
            identities,
        )?),
    })
}
