//! A storage account of one's own on this machine: queues and blobs, as Azure's REST interface
//! has them, for apps that have no account.
//!
//! Blobs are files. Queues live in memory and in a journal: they survive the end of the
//! process, however it comes, but nothing is forced to the disk before an answer is given.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use devhost::storage::{Settings, Storage};
//!
//! let blobs = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
//! let queues = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
//! let storage = Storage::open(blobs, queues, Settings::in_folder("data"))?;
//! let for_the_app = storage.connection_string();
//! storage.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

mod access;
mod account;
mod blob;
mod call;
mod cors;
mod fault;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod queue;
mod sas;
mod serve;
pub(crate) mod xml;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use account::Account;
use blob::Blobs;
#[cfg(feature = "fuzzing")]
pub(crate) use fuzzing::fuzz;
use queue::Queues;

use crate::app::CorsSettings;

/// Where an account keeps what it is given, and how much it takes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Made if it is not there. One process at a time may use it.
    pub folder: PathBuf,
    /// Pages that may read and write blobs. Queues are closed to all pages.
    pub cors: Option<CorsSettings>,
    /// In bytes; the whole of a blob is in memory while it is written or read.
    pub largest_blob: u64,
}

impl Settings {
    /// Blobs up to 100 MiB, and no pages.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            cors: None,
            largest_blob: 100 << 20,
        }
    }
}

/// Why a storage account cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    #[error("the storage folder {} cannot be used: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error("the storage folder {} is in use by another process", folder.display())]
    InUse { folder: PathBuf },
    #[error("line {line} of {} is damaged; remove the file to start with no queues", file.display())]
    Damaged { file: PathBuf, line: usize },
    #[error("a listener of the storage account is not usable: {0}")]
    Listener(#[source] io::Error),
}

/// An account that is ready to be run. Its key is new each time.
#[derive(Debug)]
pub struct Storage {
    blob_listener: TcpListener,
    queue_listener: TcpListener,
    connection_string: String,
    shared: Arc<Shared>,
}

/// What every connection works with.
#[derive(Debug)]
struct Shared {
    account: Account,
    blobs: Blobs,
    queues: Queues,
    cors: Option<CorsSettings>,
    largest_blob: u64,
    /// Held as long as the folder is in use.
    _lock: std::fs::File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Blob,
    Queue,
}

impl Storage {
    /// Opens the account in a folder; what lies there from an earlier time is there again.
    pub fn open(
        blob_listener: TcpListener,
        queue_listener: TcpListener,
        settings: Settings,
    ) -> Result<Self, StorageError> {
        let folder = &settings.folder;
        let unusable = |source| StorageError::Folder {
            folder: folder.clone(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let lock = std::fs::File::create(folder.join("lock")).map_err(unusable)?;
        lock.try_lock().map_err(|_| StorageError::InUse {
            folder: folder.clone(),
        })?;
        let account = Account::new();
        let address =
            |listener: &TcpListener| listener.local_addr().map_err(StorageError::Listener);
        let connection_string =
            account.connection_string(address(&blob_listener)?, address(&queue_listener)?);
        Ok(Self {
            blob_listener,
            queue_listener,
            connection_string,
            shared: Arc::new(Shared {
                account,
                blobs: Blobs::open(folder.join("blobs")).map_err(unusable)?,
                queues: Queues::open(folder.join("queues.journal"))?,
                cors: settings.cors,
                largest_blob: settings.largest_blob,
                _lock: lock,
            }),
        })
    }

    /// What an app takes for `AzureWebJobsStorage`: a blob and a queue endpoint, and the key.
    pub fn connection_string(&self) -> &str {
        &self.connection_string
    }

    /// Answers until `shutdown` completes.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = accept(&self.shared, &self.blob_listener, Service::Blob) => {}
            () = accept(&self.shared, &self.queue_listener, Service::Queue) => {}
        }
    }
}

async fn accept(shared: &Arc<Shared>, listener: &TcpListener, service: Service) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if peer.ip().is_loopback() => {
                    connections.spawn(serve::serve(Arc::clone(shared), service, stream));
                }
                Ok(_) => {}
                // Too many files are open, most likely: others will close theirs.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
