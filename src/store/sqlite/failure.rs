//! Maps errors of SQLite and of the file system to errors of the store.

use std::io;
use std::path::Path;

use rusqlite::{Error, ErrorCode};

use crate::store::types::StoreError;

/// Why an operation failed. One failure answers all callers of a group commit.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Sqlite(#[from] Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Failure {
    pub(super) fn of_file(path: &Path, why: &str) -> Self {
        Self::Refused(format!("{} {why}", path.display()))
    }

    /// Adds the path to an error about opening the file.
    pub(super) fn opening(self, path: &Path) -> Self {
        match &self {
            Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
                Self::of_file(path, "or the log beside it cannot be opened")
            }
            _ => self,
        }
    }

    /// Another connection holds a lock, so a retry may succeed.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite(error) if is_busy(error))
    }
}

pub(super) fn is_busy(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

impl From<&Failure> for StoreError {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Refused(why) => Self::Refused(why.clone()),
            Failure::Io(error) => Self::Unreachable(error.to_string().into()),
            Failure::Sqlite(error) => from_sqlite(error),
        }
    }
}

fn from_sqlite(error: &Error) -> StoreError {
    let why = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => return StoreError::TooLong,
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::ReadOnly) => "the database file is read-only",
        Some(ErrorCode::NotADatabase) => {
            "the database file is something else than a SQLite database"
        }
        Some(ErrorCode::DatabaseCorrupt) => "the database file is damaged",
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "the database file cannot be opened"
        }
        _ => return StoreError::Unreachable(error.to_string().into()),
    };
    StoreError::Refused(why.to_owned())
}

/// The thread ends early only if it panics.
pub(super) fn thread_ended() -> StoreError {
    StoreError::Unreachable("the store's thread has ended".into())
}
