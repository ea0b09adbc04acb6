//! The store that the settings name.

use std::sync::Arc;

use super::Store;
use super::cosmos::CosmosStore;
use super::sqlite::SqliteStore;
use super::table::TableStore;
use crate::clock::{Clock, Ids};
use crate::config::StoreConfig;
use crate::managed_identity::{IdentityError, ManagedIdentities};
use crate::outgoing::OutgoingHttp;
use crate::storage_account::CannotUse;

/// The settings are fine, but no store can be had by them.
#[derive(Debug, thiserror::Error)]
pub enum CannotOpen {
    #[error(transparent)]
    Tables(#[from] CannotUse),
    #[error(transparent)]
    Cosmos(#[from] IdentityError),
}

/// Nothing goes out, and nothing is opened, before the store is used.
pub fn open(
    config: &StoreConfig,
    outgoing: &OutgoingHttp,
    identities: &ManagedIdentities,
    clock: &Clock,
    ids: &Ids,
) -> Result<Arc<dyn Store>, CannotOpen> {
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
