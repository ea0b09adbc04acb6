//! SQLite: all records in one file, on one machine. Several processes may use it concurrently.

mod commit;
mod connection;
mod failure;
mod schema;
mod thread;
mod write_lock;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use self::commit::{Batch, Claim};
use self::connection::Session;
use self::thread::Thread;
use super::contract::Store;
use super::limits;
use super::types::{Key, Partition, Record, StoreError, Write, WriteError, Written};
use crate::clock::Ids;

/// How long a caller waits at most.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Records in a SQLite file. SQLite blocks its callers, so one thread reads and another writes.
/// Both start on first use and end when the store is dropped.
#[derive(Debug)]
pub struct SqliteStore {
    reader: Thread<Read>,
    writer: Thread<Batch>,
}

type Read = Box<dyn FnOnce(&mut Session) + Send>;

impl SqliteStore {
    /// Opens nothing yet. `ids` provides the records' versions.
    pub fn new(path: impl Into<PathBuf>, ids: Ids) -> Self {
        let path: Arc<std::path::Path> = Arc::from(path.into());
        let reading = path.clone();
        Self {
            reader: Thread::new("store reader", move |mut calls: mpsc::Receiver<Read>| {
                let mut session = Session::new(reading.clone());
                while let Some(read) = calls.blocking_recv() {
                    read(&mut session);
                }
            }),
            writer: Thread::new("store writer", move |calls| {
                commit::run_writer(Session::new(path.clone()), &ids, calls);
            }),
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + TIMEOUT;
        let (answer, answered) = oneshot::channel();
        let call: Read = Box::new(move |session| {
            if !answer.is_closed() {
                let result = session.run(deadline.into_std(), read);
                // The caller may have gone.
                answer.send(result).ok();
            }
        });
        let result = timeout_at(deadline, async {
            self.reader.send(call).await?;
            answered.await.map_err(|_| failure::thread_ended())?
        });
        result.await.unwrap_or(Err(StoreError::TooLong))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        let (partition, key) = (partition.clone(), key.clone());
        self.read(move |connection| schema::get(connection, &partition, &key))
            .await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let partition = partition.clone();
        self.read(move |connection| schema::range(connection, &partition, &keys, limit))
            .await
    }

    async fn commit(
        &self,
        partition: &Partition,
        writes: Vec<Write>,
    ) -> Result<Written, WriteError> {
        limits::check(&writes)?;
        let deadline = Instant::now() + TIMEOUT;
        let (answer, answered) = oneshot::channel();
        let claim = Claim::default();
        let batch = Batch {
            partition: partition.clone(),
            writes,
            deadline: deadline.into_std(),
            claim: claim.clone(),
            answer,
        };
        let result = timeout_at(deadline, async {
            self.writer.send(batch).await.map_err(WriteError::NotDone)?;
            answered
                .await
                .map_err(|_| WriteError::Unknown(failure::thread_ended()))?
        });
        match result.await {
            Ok(result) => result,
            Err(_) if claim.take() => Err(WriteError::NotDone(StoreError::TooLong)),
            Err(_) => Err(WriteError::Unknown(StoreError::TooLong)),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.read(schema::check).await
    }
}
