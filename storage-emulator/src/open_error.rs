//! Why an account cannot be opened.

use std::io;
use std::path::PathBuf;

/// Why an account cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("cannot use the storage folder {}: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error("another process uses the storage folder {}", folder.display())]
    InUse { folder: PathBuf },
    #[error("line {line} of {} is damaged; remove the file to start without queues", file.display())]
    Damaged { file: PathBuf, line: usize },
    #[error("cannot use a listener of the storage account: {0}")]
    Listener(#[source] io::Error),
}
