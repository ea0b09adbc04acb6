//! The storage account for an app that has none configured.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use devhost::CorsSettings;
use storage_emulator::{Settings, Storage};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Where the account keeps its data.
#[derive(Debug)]
pub(crate) enum StorageDir {
    Persistent(PathBuf),
    /// A folder that is removed when the program ends normally.
    Temporary,
}

#[derive(Debug)]
pub(crate) struct OwnStorage {
    storage: Storage,
    _temporary: Option<TempDir>,
}

impl OwnStorage {
    pub(crate) async fn open(
        dir: StorageDir,
        cors: Option<CorsSettings>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let (folder, temporary) = match dir {
            StorageDir::Persistent(folder) => (folder, None),
            StorageDir::Temporary => {
                let temporary = TempDir::with_prefix("functions-devhost-")?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let settings = Settings {
            cors: cors.map(|cors| storage_emulator::CorsSettings {
                origins: cors.origins,
                credentials: cors.credentials,
            }),
            ..Settings::in_folder(folder)
        };
        Ok(Self {
            storage: Storage::open(listen().await?, listen().await?, settings)?,
            _temporary: temporary,
        })
    }

    pub(crate) fn connection_string(&self) -> &str {
        self.storage.connection_string()
    }

    /// Serves the account. Without an account it waits forever.
    pub(crate) async fn run(account: Option<Self>) {
        match account {
            Some(account) => account.storage.run(std::future::pending()).await,
            None => std::future::pending().await,
        }
    }
}
