//! The file, opened.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::failure::Failure;
use super::schema::{self, Found};
use crate::store::StoreError;

/// How long one try waits for others who use the file.
const ONE_TRY: Duration = Duration::from_secs(2);

/// How soon opening is tried again while another process opens it too.
const AGAIN: Duration = Duration::from_millis(5);

/// One thread's connection: opened when it is first used, and again after it failed.
#[derive(Debug)]
pub(super) struct Session {
    path: Arc<Path>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    connection: Connection,
    file: FileId,
}

impl Session {
    pub(super) fn new(path: Arc<Path>) -> Self {
        Self { path, open: None }
    }

    pub(super) fn run<T>(
        &mut self,
        deadline: Instant,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let result = match self.connection(deadline) {
            Ok(connection) => work(connection).map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        result.map_err(|failure| {
            self.failed(&failure);
            StoreError::from(&failure)
        })
    }

    /// A file that was deleted, or has another in its place, is not written to any more: nobody
    /// would find again what was acknowledged.
    pub(super) fn connection(&mut self, deadline: Instant) -> Result<&Connection, Failure> {
        let now = FileId::of(&self.path);
        // Taking the old connection out first lets go of its locks before the new one is made.
        let open = match self.open.take().filter(|open| open.file == now) {
            Some(open) => open,
            None => open(&self.path, deadline)?,
        };
        Ok(&self.open.insert(open).connection)
    }

    /// After this the file is opened anew, unless it was only in use.
    pub(super) fn failed(&mut self, failure: &Failure) {
        if !failure.is_busy() {
            self.open = None;
        }
    }
}

fn open(path: &Path, deadline: Instant) -> Result<Open, Failure> {
    // SQLite would read a meaning into names such as `:memory:`; an absolute path has none.
    let path = &std::path::absolute(path)?;
    if path.is_dir() {
        return Err(Failure::of_file(path, "is a folder, not a file"));
    }
    make_folder(path)?;
    loop {
        match connect(path) {
            Err(failure) if failure.is_busy() && Instant::now() < deadline => {
                std::thread::sleep(AGAIN);
            }
            Err(failure) => return Err(failure.opening(path)),
            Ok(connection) => {
                let file = FileId::of(path);
                return Ok(Open { connection, file });
            }
        }
    }
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| {
        let why = format!("cannot be made: {error}");
        Failure::of_file(folder, &why)
    })
}

/// A file that is made here is its owner's alone to read; SQLite gives the log the same mode. By
/// its name: opening the file once more, and closing it, would drop SQLite's locks on it.
#[cfg(unix)]
fn keep_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // A disk that knows no modes is still one to write on.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).ok();
}

#[cfg(not(unix))]
fn keep_private(_path: &Path) {}

fn connect(path: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let is_new = !path.exists();
    let connection = Connection::open_with_flags(path, flags)?;
    if is_new {
        keep_private(path);
    }
    connection.busy_timeout(Duration::ZERO)?;
    if connection.is_readonly("main")? {
        return Err(Failure::of_file(path, "is read-only"));
    }
    let found = schema::found(&connection)?;
    match found {
        Found::Ours | Found::Nothing => {}
        Found::SomethingElse => {
            return Err(Failure::of_file(path, "is another program's database"));
        }
        Found::Newer(version) => {
            let ours = schema::VERSION;
            let why = format!(
                "was written by a newer Switchboard (its schema is {version}, this one knows {ours}): use that one"
            );
            return Err(Failure::of_file(path, &why));
        }
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let why = "lies where SQLite cannot keep a write-ahead log: move it to a local disk";
        return Err(Failure::of_file(path, why));
    }
    // An acknowledged write is on the disk; on macOS `fsync` alone would not see to that.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    if found == Found::Nothing {
        schema::create(&connection)?;
    }
    connection.busy_timeout(ONE_TRY)?;
    Ok(connection)
}

/// Tells a file from another of the same name.
#[derive(Debug, PartialEq, Eq)]
struct FileId(Option<(u64, u64)>);

impl FileId {
    #[cfg(unix)]
    fn of(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(fs::metadata(path).ok().map(|file| (file.dev(), file.ino())))
    }

    /// Elsewhere a file that is open cannot be deleted.
    #[cfg(not(unix))]
    fn of(_path: &Path) -> Self {
        Self(None)
    }
}
