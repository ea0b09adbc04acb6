//! The contract that every backend keeps. Each rule is a case of `tests/it/store/contract/mod.rs`,
//! which runs on all three.

use std::fmt;
use std::ops::Range;

use async_trait::async_trait;

use super::types::{Key, Partition, Record, StoreError, Write, WriteError, Written};

/// Records in partitions.
///
/// Every call returns within a few seconds: a backend gives up long before the Functions host
/// would.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Reads one record. `None` if it does not exist: absence is an answer, not a failure.
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError>;

    /// Reads the records from `keys.start` up to but excluding `keys.end`, in the byte order of
    /// their keys, at most `limit`. The cost grows with the result, not with the partition. The
    /// result includes every write that was acknowledged before the call.
    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// Does all of `writes` or none; each states what it expects to find. At most
    /// [`MAX_WRITES`](super::MAX_WRITES), each of a different key. A write that returned `Ok`
    /// survives the end of this process.
    async fn commit(
        &self,
        partition: &Partition,
        writes: Vec<Write>,
    ) -> Result<Written, WriteError>;

    /// [`commit`](Self::commit), for callers that do not go on from the new versions.
    async fn write(&self, partition: &Partition, writes: Vec<Write>) -> Result<(), WriteError> {
        self.commit(partition, writes).await.map(drop)
    }

    /// Checks with one small read that the store answers.
    async fn check(&self) -> Result<(), StoreError>;
}
