//! Writes. Those that wait at the same time are committed together: what costs is the flush to
//! the disk, and one does for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rusqlite::{ErrorCode, Transaction};
use tokio::sync::{mpsc, oneshot};

use super::connection::Session;
use super::failure::Failure;
use super::{schema, turn};
use crate::clock::Ids;
use crate::store::{Partition, StoreError, Write, WriteError};

/// How many callers' writes go into one commit.
const MAX_TOGETHER: usize = 128;

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
    while let Some(first) = batches.blocking_recv() {
        if first.answer.is_closed() {
            continue;
        }
        let mut group = vec![first];
        match together(&mut session, &mut group, &mut batches, ids) {
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
    group: &mut Vec<Batch>,
    batches: &mut mpsc::Receiver<Batch>,
    ids: &Ids,
) -> Result<Vec<Result<(), WriteError>>, Broken> {
    let deadline = group[0].deadline;
    let connection = session.connection(deadline).map_err(Broken::Before)?;
    let mut transaction = turn::begin(connection, ids, deadline)?;
    while group.len() < MAX_TOGETHER
        && let Ok(another) = batches.try_recv()
    {
        group.push(another);
    }
    group.retain(|batch| batch.claim.take());
    let mut results = Vec::with_capacity(group.len());
    for batch in group {
        results.push(apply(&mut transaction, batch, ids)?);
    }
    let commit = transaction.commit();
    commit.map_err(|error| Broken::AtCommit(error.into()))?;
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use rusqlite::{Error, ffi};
    use tokio::sync::mpsc::Sender;

    use super::*;
    use crate::store::{Collection, Key};

    type Answer = oneshot::Receiver<Result<(), WriteError>>;

    #[test]
    fn who_is_committed_together_gets_an_answer_of_his_own() {
        let (file, batches) = (File::new(), mpsc::channel(8));
        let answers = ["a", "a", "b"].map(|name| insert(&batches.0, name, "1").1);

        let written = file.run(batches, |_| ());

        let [first, second, third] = answers.map(|answer| answer.blocking_recv().unwrap());
        assert!(first.is_ok() && third.is_ok());
        assert!(matches!(second, Err(WriteError::Conflict { position: 0 })));
        assert_eq!(written, ["a", "b"]);
    }

    #[test]
    fn what_its_caller_claimed_is_not_written() {
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
    fn a_full_disk_refuses_everybody_and_writes_nothing() {
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
    fn a_file_that_cannot_be_written_refuses() {
        let (file, batches) = (File::new(), mpsc::channel(8));
        let (_, answer) = insert(&batches.0, "a", "1");

        let written = file.run(batches, |connection| {
            connection.pragma_update(None, "query_only", true).unwrap();
        });

        assert_refused(answer, "the database file is read-only");
        assert!(written.is_empty());
    }

    #[test]
    fn only_a_commit_that_found_no_room_was_certainly_not_done() {
        let failed = |code| Failure::Sqlite(Error::SqliteFailure(ffi::Error::new(code), None));

        let before = Broken::Before(failed(ffi::SQLITE_IOERR_FSYNC)).error();
        let full = Broken::AtCommit(failed(ffi::SQLITE_FULL)).error();
        let flush = Broken::AtCommit(failed(ffi::SQLITE_IOERR_FSYNC)).error();

        assert!(matches!(before, WriteError::NotDone(_)));
        assert!(matches!(full, WriteError::NotDone(_)));
        assert!(matches!(flush, WriteError::Unknown(_)));
    }

    fn insert(batches: &Sender<Batch>, name: &'static str, body: &str) -> (Claim, Answer) {
        let claim = Claim::default();
        let (answer, answered) = oneshot::channel();
        let batch = Batch {
            partition: partition(),
            writes: vec![Write::Insert {
                key: Key::literal(name),
                body: body.to_owned(),
            }],
            deadline: Instant::now() + Duration::from_secs(60),
            claim: claim.clone(),
            answer,
        };
        batches.try_send(batch).unwrap();
        (claim, answered)
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

        /// What is there after the thread has done all that waits for it.
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
            until_dropped(session, &Ids::random(), receiver);

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
