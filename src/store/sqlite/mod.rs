//! SQLite: everything in one file, for one machine. Several processes may use it at once.

mod commit;
mod connection;
mod failure;
mod schema;
mod thread;
mod turn;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::{Key, Partition, Record, Store, StoreError, Write, WriteError, limits};
use crate::clock::Ids;
use commit::{Batch, Claim};
use connection::Session;
use thread::Thread;

/// How long a caller waits, whatever happens to the disk.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Records in a SQLite file. SQLite blocks whoever calls it, so one thread reads and another
/// writes; both start on first use, and end when the store is dropped.
#[derive(Debug)]
pub struct SqliteStore {
    reader: Thread<Read>,
    writer: Thread<Batch>,
}

type Read = Box<dyn FnOnce(&mut Session) + Send>;

impl SqliteStore {
    /// Only remembers where. `ids` gives the records' versions.
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
                commit::until_dropped(Session::new(path.clone()), &ids, calls);
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
                // Whoever asked may have gone meanwhile.
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

    async fn write(&self, partition: &Partition, writes: Vec<Write>) -> Result<(), WriteError> {
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
