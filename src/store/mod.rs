//! Durable storage. A store keeps small records in partitions and knows nothing of their meaning:
//! that is defined once, in the domains above it.
//!
//! Three backends keep one contract: SQLite with a transaction, Table storage with an entity-group
//! transaction, Cosmos DB with a transactional batch.

pub(crate) mod conflicts;
mod contract;
pub(crate) mod daily;
pub(crate) mod hash;
mod limits;
mod open;
pub mod page_limit;
mod rest;
mod traced;
mod types;

pub mod cosmos;
pub mod sqlite;
pub mod table;

pub use contract::Store;
pub use open::{OpenError, open};
pub use traced::TracedStore;
pub use types::{
    BadRecord, Collection, Key, MAX_BODY, MAX_WRITES, Partition, Record, StoreError, Version,
    Write, WriteError, Written,
};
