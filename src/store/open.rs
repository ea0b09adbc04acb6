//! Creates the store that the settings name.

use std::sync::Arc;

use super::contract::Store;
use super::cosmos::CosmosStore;
use super::sqlite::SqliteStore;
use super::table::TableStore;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::azure::storage_account::SetupError;
use crate::clock::{Clock, Ids};
use crate::config::StoreConfig;

/// The settings are valid but name a store that cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Tables(#[from] SetupError),
    #[error(transparent)]
    Cosmos(#[from] IdentityError),
}

/// Sends nothing and opens no file until the store is used.
pub fn open(
    config: &StoreConfig,
    http_client: &SharedHttpClient,
    identities: &ManagedIdentities,
    clock: &Clock,
    ids: &Ids,
) -> Result<Arc<dyn Store>, OpenError> {
    let (http_client, clock) = (http_client.clone(), clock.clone());
    Ok(match config {
        StoreConfig::Sqlite { path } => Arc::new(SqliteStore::new(path.clone(), ids.clone())),
        StoreConfig::Tables(account) => {
            Arc::new(TableStore::new(account, http_client, clock, identities)?)
        }
        StoreConfig::Cosmos(cosmos) => Arc::new(CosmosStore::new(
            cosmos.clone(),
            http_client,
            clock,
            identities,
        )?),
    })
}
