//! The SQLite backend.

mod file;
mod locked;
mod processes;
mod refused;

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;

use switchboard::clock::Ids;
use switchboard::store::Store;
use switchboard::store::sqlite::SqliteStore;

use crate::support::fresh_folder;

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

/// The folder of one database. Deleted when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(fresh_folder().join("data"))
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
