//! The writer thread. It commits all waiting writes together (group commit): the expensive part is
//! the flush to the disk, and one flush serves them all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rusqlite::{Connection, ErrorCode, Transaction};
use tokio::sync::{mpsc, oneshot};

use super::connection::Session;
use super::failure::Failure;
use super::{schema, write_lock};
use crate::clock::{Ids, Jitter};
use crate::store::types::{Partition, StoreError, Write, WriteError, Written};

/// The most batches in one commit.
const MAX_GROUP: usize = 128;

/// The writes of one caller.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) partition: Partition,
    pub(super) writes: Vec<Write>,
    pub(super) deadline: Instant,
    pub(super) claim: Claim,
    pub(super) answer: oneshot::Sender<Result<Written, WriteError>>,
}

/// Decides who owns a batch: the thread that is about to write it, or the caller that gives up, and
/// then knows for certain that it will not be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Claim(Arc<AtomicBool>);

impl Claim {
    /// `true` for the first call only.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// The error of a whole group.
enum GroupFailure {
    BeforeCommit(Failure),
    AtCommit(Failure),
}

impl From<rusqlite::Error> for GroupFailure {
    fn from(error: rusqlite::Error) -> Self {
        Self::BeforeCommit(error.into())
    }
}

/// Runs until the sender of `batches` is dropped. `ids` provides the records' versions.
pub(super) fn run_writer(mut session: Session, ids: &Ids, mut batches: mpsc::Receiver<Batch>) {
    while let Some(first) = batches.blocking_recv() {
        if first.answer.is_closed() {
            continue;
        }
        let mut group = vec![first];
        match commit_group(&mut session, &mut group, &mut batches, ids) {
            Ok(results) => {
                for (batch, result) in group.into_iter().zip(results) {
                    // The caller may have gone.
                    batch.answer.send(result).ok();
                }
            }
            Err(failure) => {
                for batch in group {
                    batch.answer.send(Err(failure.error())).ok();
                }
                session.failed(failure.cause());
            }
        }
    }
}

/// Waits for the write lock, adds the batches that arrived in the meantime, and commits.
fn commit_group(
    session: &mut Session,
    group: &mut Vec<Batch>,
    batches: &mut mpsc::Receiver<Batch>,
    ids: &Ids,
) -> Result<Results, GroupFailure> {
    let deadline = group[0].deadline;
    let connection = session
        .connection(deadline)
        .map_err(GroupFailure::BeforeCommit)?;
    let jitter = Jitter::new(ids.clone());
    let mut transaction = write_lock::begin(connection, &jitter, deadline)?;
    while group.len() < MAX_GROUP
        && let Ok(another) = batches.try_recv()
    {
        group.push(another);
    }
    group.retain(|batch| batch.claim.take());
    let mut results = apply_all(&transaction, group, ids)?;
    if results.is_none() {
        transaction.rollback()?;
        transaction = write_lock::begin(connection, &jitter, deadline)?;
        results = Some(apply_each(&mut transaction, group, ids)?);
    }
    let commit = transaction.commit();
    commit.map_err(|error| GroupFailure::AtCommit(error.into()))?;
    Ok(results.unwrap_or_default())
}

type Results = Vec<Result<Written, WriteError>>;

/// Applies the batches without a savepoint for each, which would copy every page that changes.
/// `None` if one must be undone: then the whole transaction must be.
fn apply_all(
    transaction: &Transaction<'_>,
    group: &[Batch],
    ids: &Ids,
) -> rusqlite::Result<Option<Results>> {
    let mut results = Vec::with_capacity(group.len());
    for batch in group {
        let result = apply(transaction, batch, ids)?;
        // A batch whose first write conflicts has changed nothing.
        if let Err(WriteError::Conflict { position: 1.. }) = result {
            return Ok(None);
        }
        results.push(result);
    }
    Ok(Some(results))
}

/// Applies all writes of each batch or none.
fn apply_each(
    transaction: &mut Transaction<'_>,
    group: &[Batch],
    ids: &Ids,
) -> rusqlite::Result<Results> {
    let mut results = Vec::with_capacity(group.len());
    for batch in group {
        let savepoint = transaction.savepoint()?;
        let result = apply(&savepoint, batch, ids)?;
        match result {
            Ok(_) => savepoint.commit()?,
            Err(_) => savepoint.finish()?,
        }
        results.push(result);
    }
    Ok(results)
}

/// Applies writes until one conflicts.
fn apply(
    connection: &Connection,
    batch: &Batch,
    ids: &Ids,
) -> rusqlite::Result<Result<Written, WriteError>> {
    // Each record of a batch has another key, so one version can serve them all.
    let version = schema::new_version(ids);
    for (position, write) in batch.writes.iter().enumerate() {
        if !schema::apply(connection, &batch.partition, write, &version)? {
            return Ok(Err(WriteError::Conflict { position }));
        }
    }
    let versions = std::iter::repeat(Some(version));
    Ok(Ok(Written::new(&batch.writes, versions)))
}

impl GroupFailure {
    fn cause(&self) -> &Failure {
        let (Self::BeforeCommit(cause) | Self::AtCommit(cause)) = self;
        cause
    }

    fn error(&self) -> WriteError {
        let error = StoreError::from(self.cause());
        if self.is_certain() {
            WriteError::NotDone(error)
        } else {
            WriteError::Unknown(error)
        }
    }

    /// Whether nothing was written for certain. A commit that could not be flushed may still be in
    /// the log when the file is next opened. One that found no room is incomplete, so it is not.
    fn is_certain(&self) -> bool {
        match self {
            Self::BeforeCommit(_) => true,
            Self::AtCommit(Failure::Sqlite(error)) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy)
            ),
            Self::AtCommit(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use rusqlite::{Error, ffi};
    use tokio::sync::mpsc::Sender;

    use super::*;
    use crate::store::types::{Collection, Key};

    type Answer = oneshot::Receiver<Result<Written, WriteError>>;

    #[test]
    fn each_caller_in_a_group_commit_gets_its_own_result() {
        let (file, batches) = (File::new(), mpsc::channel(8));
        let answers = ["a", "a", "b"].map(|name| insert(&batches.0, name, "1").1);

        let written = file.run(batches, |_| ());

        let [first, second, third] = answers.map(|answer| answer.blocking_recv().unwrap());
        assert!(first.is_ok() && third.is_ok());
        assert!(matches!(second, Err(WriteError::Conflict { position: 0 })));
        assert_eq!(written, ["a", "b"]);
    }

    #[test]
    fn a_conflict_after_a_batchs_first_write_undoes_that_batch_alone() {
        let (file, batches) = (File::new(), mpsc::channel(8));
        let answers = [&["a"][..], &["b", "a"], &["c"], &["c", "d"], &["d"]]
            .map(|names| insert_all(&batches.0, names, "1").1);

        let written = file.run(batches, |_| ());

        let results = answers.map(|answer| answer.blocking_recv().unwrap());
        let conflicts = results.map(|result| match result {
            Ok(_) => None,
            Err(WriteError::Conflict { position }) => Some(position),
            Err(error) => panic!("{error}"),
        });
        assert_eq!(conflicts, [None, Some(1), None, Some(0), None]);
        assert_eq!(written, ["a", "c", "d"]);
    }

    #[test]
    fn a_batch_that_its_caller_claimed_is_not_written() {
        let (file, batches) = (File::new(), mpsc::channel(8));
        let (_, kept) = insert(&batches.0, "a", "1");
        let (claim, given_up) = insert(&batches.0, "b", "1");
        assert!(claim.take());

        let written = file.run(batches, |_| ());

        assert!(kept.blocking_recv().unwrap().is_ok());
        assert!(given_up.blocking_recv().is_err());
        assert_eq!(written, ["a"]);
    }

    #[test]
    fn a_full_disk_refuses_the_whole_group_and_writes_nothing() {
        let (file, batches) = (File::new(), mpsc::channel(8));
        let (_, small) = insert(&batches.0, "a", "1");
        let (_, large) = insert(&batches.0, "b", &format!("\"{}\"", "x".repeat(100_000)));

        let written = file.run(batches, |connection| {
            connection
                .pragma_update(None, "max_page_count", 10)
                .unwrap();
        });

        assert_refused(small, "the disk is full");
        assert_refused(large, "the disk is full");
        assert!(written.is_empty());
    }

    #[test]
    fn a_read_only_file_refuses_writes() {
        let (file, batches) = (File::new(), mpsc::channel(8));
        let (_, answer) = insert(&batches.0, "a", "1");

        let written = file.run(batches, |connection| {
            connection.pragma_update(None, "query_only", true).unwrap();
        });

        assert_refused(answer, "the database file is read-only");
        assert!(written.is_empty());
    }

    #[test]
    fn only_a_commit_that_found_no_room_is_certainly_not_done() {
        let failed = |code| Failure::Sqlite(Error::SqliteFailure(ffi::Error::new(code), None));

        let before = GroupFailure::BeforeCommit(failed(ffi::SQLITE_IOERR_FSYNC)).error();
        let full = GroupFailure::AtCommit(failed(ffi::SQLITE_FULL)).error();
        let flush = GroupFailure::AtCommit(failed(ffi::SQLITE_IOERR_FSYNC)).error();

        assert!(matches!(before, WriteError::NotDone(_)));
        assert!(matches!(full, WriteError::NotDone(_)));
        assert!(matches!(flush, WriteError::Unknown(_)));
    }

    fn insert(batches: &Sender<Batch>, name: &'static str, body: &str) -> (Claim, Answer) {
        insert_all(batches, &[name], body)
    }

    fn insert_all(batches: &Sender<Batch>, names: &[&'static str], body: &str) -> (Claim, Answer) {
        let claim = Claim::default();
        let (answer, answered) = oneshot::channel();
        let batch = Batch {
            partition: partition(),
            writes: names.iter().map(|name| insert_write(name, body)).collect(),
            deadline: Instant::now() + Duration::from_secs(60),
            claim: claim.clone(),
            answer,
        };
        batches.try_send(batch).unwrap();
        (claim, answered)
    }

    fn insert_write(name: &'static str, body: &str) -> Write {
        Write::Insert {
            key: Key::literal(name),
            body: body.to_owned(),
        }
    }

    #[track_caller]
    fn assert_refused(answer: Answer, expected: &str) {
        match answer.blocking_recv().unwrap() {
            Err(WriteError::NotDone(StoreError::Refused(why))) => assert_eq!(why, expected),
            other => panic!("a refusal was expected, not {other:?}"),
        }
    }

    fn partition() -> Partition {
        Partition::new(Collection::Messages, "here")
    }

    struct File(PathBuf);

    impl File {
        fn new() -> Self {
            let name = format!("switchboard-{}", Ids::random().uuid());
            Self(std::env::temp_dir().join(name))
        }

        /// Runs the writer until all batches are done, and returns the keys that it wrote.
        fn run(
            &self,
            (batches, receiver): (Sender<Batch>, mpsc::Receiver<Batch>),
            prepare: impl FnOnce(&rusqlite::Connection),
        ) -> Vec<String> {
            let path = self.0.join("test.db");
            let deadline = Instant::now() + Duration::from_secs(60);
            let mut session = Session::new(path.as_path().into());
            prepare(session.connection(deadline).unwrap());

            drop(batches);
            run_writer(session, &Ids::random(), receiver);

            let keys = Key::literal("a")..Key::literal("z");
            let records = Session::new(path.into()).run(deadline, |connection| {
                schema::range(connection, &partition(), &keys, 10)
            });
            let records = records.unwrap().into_iter();
            records.map(|record| record.key.to_string()).collect()
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }
}
