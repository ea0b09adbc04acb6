//! The account as a whole: opened in a folder, served on two listeners.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::account::Account;
use crate::blob::Blobs;
use crate::open_error::OpenError;
use crate::queue::Queues;
use crate::serve::{Shared, serve};
use crate::service::Service;
use crate::settings::Settings;

/// An opened account. Its key is new each time.
#[derive(Debug)]
pub struct Storage {
    blob_listener: TcpListener,
    queue_listener: TcpListener,
    connection_string: String,
    shared: Arc<Shared>,
}

impl Storage {
    /// Opens the account in a folder, with everything stored there before.
    pub fn open(
        blob_listener: TcpListener,
        queue_listener: TcpListener,
        settings: Settings,
    ) -> Result<Self, OpenError> {
        let folder = &settings.folder;
        let folder_error = |source| OpenError::Folder {
            folder: folder.clone(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(folder_error)?;
        let lock = std::fs::File::create(folder.join("lock")).map_err(folder_error)?;
        lock.try_lock().map_err(|_| OpenError::InUse {
            folder: folder.clone(),
        })?;
        let account = Account::new();
        let address = |listener: &TcpListener| listener.local_addr().map_err(OpenError::Listener);
        let connection_string =
            account.connection_string(address(&blob_listener)?, address(&queue_listener)?);
        Ok(Self {
            blob_listener,
            queue_listener,
            connection_string,
            shared: Arc::new(Shared {
                account,
                blobs: Blobs::open(folder.join("blobs")).map_err(folder_error)?,
                queues: Queues::open(folder.join("queues.journal"))?,
                cors: settings.cors,
                max_blob_size: settings.max_blob_size,
                _folder_lock: lock,
            }),
        })
    }

    /// A value for `AzureWebJobsStorage`: a blob endpoint, a queue endpoint and the key.
    pub fn connection_string(&self) -> &str {
        &self.connection_string
    }

    /// Answers requests until `shutdown` completes.
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
                    connections.spawn(serve(Arc::clone(shared), service, stream));
                }
                Ok(_) => {}
                // Most likely too many files are open; wait until some are closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
