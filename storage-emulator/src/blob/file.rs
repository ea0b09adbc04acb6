//! The file of one blob: a line of JSON that describes the blob, then its content.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::service_error::ServiceError;

/// The description of a blob: the first line of its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) name: String,
    #[serde(default)]
    pub(super) kind: BlobKind,
    pub(super) length: u64,
    pub(super) etag: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Headers to return as they were sent.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// What can be done to a blob's content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum BlobKind {
    /// Replaced as a whole.
    #[default]
    BlockBlob,
    /// Added to.
    AppendBlob,
}

impl BlobKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BlockBlob => "BlockBlob",
            Self::AppendBlob => "AppendBlob",
        }
    }
}

/// The place of a blob, which may not exist.
///
/// The file is named by a hash of the blob's name, so that no name can lead out of the folder,
/// exceed the length that a file system allows, or collide on one that ignores case.
#[derive(Debug)]
pub(super) struct BlobFile(PathBuf);

const EXTENSION: &str = "blob";

impl BlobFile {
    pub(super) fn new(container: &Path, name: &str) -> Self {
        let hash: String = Sha256::digest(name)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(container.join(hash).with_extension(EXTENSION))
    }

    pub(super) fn at(path: PathBuf) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        (extension == EXTENSION).then_some(Self(path))
    }

    pub(super) fn head(&self) -> Result<Head, ServiceError> {
        self.open().map(|(head, _)| head)
    }

    /// The description, and the file positioned at the start of the content.
    pub(super) fn open(&self) -> Result<(Head, File), ServiceError> {
        let file = File::open(&self.0).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ServiceError::NoBlob,
            _ => ServiceError::Disk,
        })?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let head = serde_json::from_slice(&line).map_err(|_| ServiceError::Disk)?;
        let mut file = reader.into_inner();
        file.seek(SeekFrom::Start(line.len() as u64))?;
        Ok((head, file))
    }

    /// Replaces the file as a whole: a concurrent reader gets the old content to its end.
    pub(super) fn write(&self, head: &Head, content: &[u8]) -> Result<(), ServiceError> {
        let temporary = self.0.with_extension(clock::new_id().simple().to_string());
        let written = (|| {
            let mut file = File::create(&temporary)?;
            let mut line = serde_json::to_vec(head)?;
            line.push(b'\n');
            file.write_all(&line)?;
            file.write_all(content)?;
            fs::rename(&temporary, &self.0)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        Ok(written?)
    }

    pub(super) fn delete(&self) -> Result<(), ServiceError> {
        Ok(fs::remove_file(&self.0)?)
    }
}

/// Reads `count` bytes of a blob's content, beginning at `from`.
pub(super) fn read_range(mut content: File, from: u64, count: u64) -> io::Result<Vec<u8>> {
    content.seek(SeekFrom::Current(i64::try_from(from).unwrap_or(i64::MAX)))?;
    let mut bytes = Vec::new();
    content.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}
