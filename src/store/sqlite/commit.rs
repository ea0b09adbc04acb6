//! Writes. Those that wait at the same time are committed together: what costs is the flush to
//! the disk, and one does for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rusqlite::{ErrorCode, Transaction};
use tokio::sync::{mpsc, oneshot};

use super::connection::Session;
use super::failure::Failure;
use super::schema;
use super::turn::Turns;
use crate::clock::Ids;
use crate::store::{Partition, StoreError, Write, WriteError};

/// How many callers' writes go into one commit.
const MOST_TOGETHER: usize = 128;

/// What one caller wants written.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) partition: Partition,
    pub(super) writes: Vec<Write>,
    pub(super) deadline: Instant,
    pub(super) claim: Claim,
    pub(super) answer: oneshot::Sender<Result<(), WriteError>>,
}

/// Who decides about a batch: the thread that is about to write it, or the caller that no longer
/// waits, and then knows for certain that it will not be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Claim(Arc<AtomicBool>);

impl Claim {
    /// `true` for the first who asks.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// Why a group of batches was not written.
enum Broken {
    Before(Failure),
    AtCommit(Failure),
}

impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        Self::Before(error.into())
    }
}

/// The writing thread.
pub(super) fn until_dropped(mut session: Session, ids: &Ids, mut batches: mpsc::Receiver<Batch>) {
    let mut turns = Turns::new(ids);
    while let Some(first) = batches.blocking_recv() {
        if first.answer.is_closed() {
            continue;
        }
        let mut group = vec![first];
        match together(&mut session, &mut turns, &mut group, &mut batches, ids) {
            Ok(results) => {
                for (batch, result) in group.into_iter().zip(results) {
                    // Whoever asked may have gone meanwhile.
                    batch.answer.send(result).ok();
                }
            }
            Err(broken) => {
                for batch in group {
                    batch.answer.send(Err(broken.error())).ok();
                }
                session.failed(broken.failure());
            }
        }
    }
}

/// Waits for the lock, takes along who has come meanwhile, and commits.
fn together(
    session: &mut Session,
    turns: &mut Turns<'_>,
    group: &mut Vec<Batch>,
    batches: &mut mpsc::Receiver<Batch>,
    ids: &Ids,
) -> Result<Vec<Result<(), WriteError>>, Broken> {
    let deadline = group[0].deadline;
    let connection = session.connection(deadline).map_err(Broken::Before)?;
    let mut transaction = turns.begin(connection, deadline)?;
    while group.len() < MOST_TOGETHER
        && let Ok(another) = batches.try_recv()
    {
        group.push(another);
    }
    group.retain(|batch| batch.claim.take());
    let mut results = Vec::with_capacity(group.len());
    for batch in group {
        results.push(apply(&mut transaction, batch, ids)?);
    }
    let committed = transaction.commit();
    turns.end();
    committed.map_err(|error| Broken::AtCommit(error.into()))?;
    Ok(results)
}

/// One caller's writes, or none of them.
fn apply(
    transaction: &mut Transaction<'_>,
    batch: &Batch,
    ids: &Ids,
) -> rusqlite::Result<Result<(), WriteError>> {
    let savepoint = transaction.savepoint()?;
    for (position, write) in batch.writes.iter().enumerate() {
        let (_, version) = ids.uuid().as_u64_pair();
        if !schema::apply(&savepoint, &batch.partition, write, version.cast_signed())? {
            savepoint.finish()?;
            return Ok(Err(WriteError::Conflict { position }));
        }
    }
    savepoint.commit()?;
    Ok(Ok(()))
}

impl Broken {
    fn failure(&self) -> &Failure {
        let (Self::Before(failure) | Self::AtCommit(failure)) = self;
        failure
    }

    fn error(&self) -> WriteError {
        let error = StoreError::from(self.failure());
        if self.is_certain() {
            WriteError::NotDone(error)
        } else {
            WriteError::Unknown(error)
        }
    }

    /// A commit that could not be flushed may be found in the log all the same when the file is
    /// next opened. One that found no room was not written to its end, so it never is.
    fn is_certain(&self) -> bool {
        match self {
            Self::Before(_) => true,
            Self::AtCommit(Failure::Sqlite(error)) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy)
            ),
            Self::AtCommit(_) => false,
        }
    }
}
