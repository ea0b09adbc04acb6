//! Where everything lies that must last. A store keeps small records in partitions, and that is
//! all it knows: what the records mean is written once, above it, in the domains.
//!
//! Three backends keep the same promises with what each has: SQLite a transaction, Table storage
//! an entity-group transaction, Cosmos DB a transactional batch. Every promise below is a case of
//! `tests/it/store/contract.rs`, which runs on all three.

mod limits;
mod open;
mod types;

pub mod cosmos;
pub mod sqlite;
pub mod table;

use std::fmt;
use std::ops::Range;

use async_trait::async_trait;

pub use open::{OpenError, open};
pub use types::{
    BadRecord, Collection, Key, MAX_BODY, MAX_WRITES, Partition, Record, StoreError, Version,
    Write, WriteError,
};

/// Records in partitions.
///
/// Whoever calls gets an answer within a few seconds: a backend gives up long before the
/// Functions host would.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// One record. `None` for one that is not there: absence is an answer, not a failure.
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError>;

    /// The records from `keys.start` on and before `keys.end`, in the byte order of their keys,
    /// at most `limit`. It costs what it returns, not what the partition holds, and sees every
    /// write that was acknowledged before it was called.
    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// All of `writes`, or none: each names what it expects to find. At most [`MAX_WRITES`],
    /// each about another key. What it returns `Ok` for outlives this process.
    async fn write(&self, partition: &Partition, writes: Vec<Write>) -> Result<(), WriteError>;

    /// Whether the store answers at all: one small read.
    async fn check(&self) -> Result<(), StoreError>;
}
