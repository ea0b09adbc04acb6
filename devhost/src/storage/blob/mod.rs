//! Blobs: each a file with a line that describes it in front of its content.

mod file;
mod listing;
mod range;
mod rest;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use file::{BlobFile, Head};
pub(super) use rest::answer;

use super::fault::Fault;

/// Every container of an account: a folder each. Their names have been checked by the caller.
#[derive(Debug)]
pub(super) struct Blobs {
    folder: PathBuf,
    /// Held from looking at a condition until the change that depends on it has been made.
    changing: Mutex<()>,
}

impl Blobs {
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            changing: Mutex::default(),
        })
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn create_container(&self, name: &str) -> Result<(), Fault> {
        fs::create_dir(self.folder.join(name)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Fault::ContainerExists,
            _ => Fault::Disk,
        })
    }

    fn remove_container(&self, name: &str) -> Result<(), Fault> {
        let _changing = self.change();
        Ok(fs::remove_dir_all(self.container(name)?)?)
    }

    fn container(&self, name: &str) -> Result<PathBuf, Fault> {
        let folder = self.folder.join(name);
        folder.is_dir().then_some(folder).ok_or(Fault::NoContainer)
    }

    fn container_changed(&self, name: &str) -> Result<Timestamp, Fault> {
        let modified = fs::metadata(self.container(name)?)?.modified()?;
        Timestamp::try_from(modified).map_err(|_| Fault::Disk)
    }

    fn container_names(&self) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    fn file(&self, container: &str, name: &str) -> Result<BlobFile, Fault> {
        Ok(BlobFile::new(&self.container(container)?, name))
    }

    /// What describes each blob of a container, in the order of their names.
    fn heads(&self, container: &str) -> Result<Vec<Head>, Fault> {
        let mut heads = Vec::new();
        for entry in fs::read_dir(self.container(container)?)? {
            // One that is just being replaced or deleted is not worth an error.
            heads.extend(BlobFile::at(entry?.path()).and_then(|file| file.head().ok()));
        }
        heads.sort_by(|one: &Head, other| one.name.cmp(&other.name));
        Ok(heads)
    }
}
