use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::storage::fault::Fault;

/// What describes a blob: the first line of its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) length: u64,
    pub(super) etag: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Headers that are given back as they came.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// Where a blob lies, whether it is there or not.
///
/// The file's name is a digest of the blob's, so that no name can lead out of the folder, be too
/// long for it, or be another's on a disk that ignores case.
#[derive(Debug)]
pub(super) struct BlobFile(PathBuf);

const ENDING: &str = "blob";

impl BlobFile {
    pub(super) fn new(container: &Path, name: &str) -> Self {
        let digest: String = Sha256::digest(name)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(container.join(digest).with_extension(ENDING))
    }

    pub(super) fn at(path: PathBuf) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        (ending == ENDING).then_some(Self(path))
    }

    pub(super) fn head(&self) -> Result<Head, Fault> {
        self.open().map(|(head, _)| head)
    }

    /// What describes the blob, and a file that stands where its content begins.
    pub(super) fn open(&self) -> Result<(Head, File), Fault> {
        let file = File::open(&self.0).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Fault::NoBlob,
            _ => Fault::Disk,
        })?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let head = serde_json::from_slice(&line).map_err(|_| Fault::Disk)?;
        let mut file = reader.into_inner();
        file.seek(SeekFrom::Start(line.len() as u64))?;
        Ok((head, file))
    }

    /// Puts a complete file in its place: who reads meanwhile reads the old one to its end.
    pub(super) fn write(&self, head: &Head, content: &[u8]) -> Result<(), Fault> {
        let part = self.0.with_extension(clock::new_id().simple().to_string());
        let written = (|| {
            let mut file = File::create(&part)?;
            let mut line = serde_json::to_vec(head)?;
            line.push(b'\n');
            file.write_all(&line)?;
            file.write_all(content)?;
            fs::rename(&part, &self.0)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        Ok(written?)
    }

    pub(super) fn remove(&self) -> Result<(), Fault> {
        Ok(fs::remove_file(&self.0)?)
    }
}

/// So many bytes of a content, from this one on.
pub(super) fn read_part(mut content: File, from: u64, count: u64) -> io::Result<Vec<u8>> {
    content.seek(SeekFrom::Current(i64::try_from(from).unwrap_or(i64::MAX)))?;
    let mut part = Vec::new();
    content.take(count).read_to_end(&mut part)?;
    Ok(part)
}
