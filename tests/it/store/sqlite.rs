//! SQLite.

mod file;
mod processes;

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use switchboard::clock::Ids;
use switchboard::store::Store;
use switchboard::store::sqlite::SqliteStore;

use super::place::a_name;

super::store_contract!(open);

async fn open() -> Opened {
    let folder = Folder::new();
    let store = folder.store();
    Opened {
        store,
        _folder: folder,
    }
}

struct Opened {
    store: SqliteStore,
    _folder: Folder,
}

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

/// Holds one database, for as long as it is kept.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(
            Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join("sqlite")
                .join(a_name()),
        )
    }

    fn path(&self) -> PathBuf {
        self.0.join("switchboard.db")
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::new(self.path(), Ids::random())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}
