//! Containers: each is a folder, named like it.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::file::{BlobFile, Head};
use crate::service_error::ServiceError;

/// All containers of an account. The caller has checked their names.
#[derive(Debug)]
pub(crate) struct Blobs {
    root: PathBuf,
    /// Held from checking a condition until the change that depends on it is made.
    changes: Mutex<()>,
}

impl Blobs {
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&root)?;
        Ok(Self {
            root,
            changes: Mutex::default(),
        })
    }

    pub(super) fn lock_changes(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn create(&self, name: &str) -> Result<(), ServiceError> {
        fs::create_dir(self.root.join(name)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => ServiceError::ContainerExists,
            _ => ServiceError::Disk,
        })
    }

    pub(super) fn delete(&self, name: &str) -> Result<(), ServiceError> {
        let _lock = self.lock_changes();
        Ok(fs::remove_dir_all(self.folder(name)?)?)
    }

    fn folder(&self, name: &str) -> Result<PathBuf, ServiceError> {
        let folder = self.root.join(name);
        folder
            .is_dir()
            .then_some(folder)
            .ok_or(ServiceError::NoContainer)
    }

    pub(super) fn last_modified(&self, name: &str) -> Result<Timestamp, ServiceError> {
        let modified = fs::metadata(self.folder(name)?)?.modified()?;
        Timestamp::try_from(modified).map_err(|_| ServiceError::Disk)
    }

    pub(super) fn names(&self) -> Result<Vec<String>, ServiceError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    pub(super) fn file(&self, container: &str, name: &str) -> Result<BlobFile, ServiceError> {
        Ok(BlobFile::new(&self.folder(container)?, name))
    }

    /// The descriptions of all blobs in a container, ordered by name.
    pub(super) fn heads(&self, container: &str) -> Result<Vec<Head>, ServiceError> {
        let mut heads = Vec::new();
        for entry in fs::read_dir(self.folder(container)?)? {
            // Skip a blob that is being replaced or deleted right now.
            heads.extend(BlobFile::at(entry?.path()).and_then(|file| file.head().ok()));
        }
        heads.sort_by(|one: &Head, other| one.name.cmp(&other.name));
        Ok(heads)
    }
}
