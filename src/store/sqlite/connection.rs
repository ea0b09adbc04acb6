//! Opens the file, and opens it again after a failure.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::failure::Failure;
use super::schema::{self, FileOwner};
use crate::store::types::StoreError;

/// How long SQLite itself waits for other users of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause before opening is retried while another process opens the file, too.
const OPEN_RETRY_PAUSE: Duration = Duration::from_millis(5);

/// After so many pages the log is copied into the file, while the writer waits. A page that changes
/// often is copied once for all its changes. The log has 16 MB then.
const CHECKPOINT_PAGES: i64 = 4000;

/// Of each of the two connections. The rest of the file is in the system's cache.
const CACHE_KIB: i64 = 1000;

/// One thread's connection: opened on first use, and again after a failure.
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

    /// Opens the file again if it was deleted or replaced: writes to the old file would be
    /// acknowledged and lost.
    pub(super) fn connection(&mut self, deadline: Instant) -> Result<&Connection, Failure> {
        let now = FileId::of(&self.path);
        // Taking the old connection out releases its locks before the new one is opened.
        let open = match self.open.take().filter(|open| open.file == now) {
            Some(open) => open,
            None => open(&self.path, deadline)?,
        };
        Ok(&self.open.insert(open).connection)
    }

    /// The next call opens the file again, unless it was only busy.
    pub(super) fn failed(&mut self, failure: &Failure) {
        if !failure.is_busy() {
            self.open = None;
        }
    }
}

fn open(path: &Path, deadline: Instant) -> Result<Open, Failure> {
    // SQLite gives names such as `:memory:` a special meaning, but not absolute paths.
    let path = &std::path::absolute(path)?;
    if path.is_dir() {
        return Err(Failure::of_file(path, "is a folder, not a file"));
    }
    create_folder(path)?;
    loop {
        match connect(path) {
            Err(failure) if failure.is_busy() && Instant::now() < deadline => {
                std::thread::sleep(OPEN_RETRY_PAUSE);
            }
            Err(failure) => return Err(failure.opening(path)),
            Ok(connection) => {
                let file = FileId::of(path);
                return Ok(Open { connection, file });
            }
        }
    }
}

fn create_folder(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| {
        let why = format!("cannot be made: {error}");
        Failure::of_file(folder, &why)
    })
}

/// Makes a new file readable by its owner only; SQLite gives the log the same mode. Uses the path,
/// because opening and closing the file a second time would drop SQLite's locks.
#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // Disks without file modes are usable all the same.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).ok();
}

#[cfg(not(unix))]
fn make_private(_path: &Path) {}

fn connect(path: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let is_new = !path.exists();
    let connection = Connection::open_with_flags(path, flags)?;
    if is_new {
        make_private(path);
    }
    connection.busy_timeout(Duration::ZERO)?;
    if connection.is_readonly("main")? {
        return Err(Failure::of_file(path, "is read-only"));
    }
    let owner = schema::file_owner(&connection)?;
    match owner {
        FileOwner::Switchboard | FileOwner::Nobody => {}
        FileOwner::AnotherProgram => {
            return Err(Failure::of_file(path, "is another program's database"));
        }
        FileOwner::NewerSwitchboard(version) => {
            let ours = schema::VERSION;
            let why = format!(
                "was written by a newer Switchboard: its schema has version {version}, and this one supports only version {ours}"
            );
            return Err(Failure::of_file(path, &why));
        }
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let why =
            "is on a disk where SQLite cannot keep a write-ahead log: move it to a local disk";
        return Err(Failure::of_file(path, why));
    }
    // An acknowledged write must be on the disk; on macOS `fsync` alone does not ensure that.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    // Otherwise SQLite compiles a statement again when a bound value might change its plan. Ours
    // have one plan each.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Savepoints then keep their journals in memory instead of a file.
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    if owner == FileOwner::Nobody {
        schema::create(&connection)?;
    }
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Identifies a file beyond its name.
#[derive(Debug, PartialEq, Eq)]
struct FileId(Option<(u64, u64)>);

impl FileId {
    #[cfg(unix)]
    fn of(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(fs::metadata(path).ok().map(|file| (file.dev(), file.ino())))
    }

    /// Other systems do not let anyone delete an open file.
    #[cfg(not(unix))]
    fn of(_path: &Path) -> Self {
        Self(None)
    }
}
