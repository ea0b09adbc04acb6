//! The storage account of who has none: queues and blobs on loopback, kept beside everything else.

use std::net::Ipv4Addr;
use std::path::Path;

use storage_emulator::{CorsSettings, OpenError, Settings, Storage};
use tokio::net::TcpListener;

use super::DevError;
use super::settings::Given;

const FOLDER: &str = "data/files";

/// `None` where an account is named, and where another `dev` of this folder has it.
pub(super) async fn open(given: &Given, folder: &Path) -> Result<Option<Storage>, DevError> {
    if given.names_storage() {
        return Ok(None);
    }
    let settings = Settings {
        cors: Some(cors(given)),
        ..Settings::in_folder(folder.join(FOLDER))
    };
    match Storage::open(listen().await?, listen().await?, settings) {
        Ok(storage) => Ok(Some(storage)),
        Err(OpenError::InUse { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Every origin, unless the settings list some.
fn cors(given: &Given) -> CorsSettings {
    match given.cors() {
        Some(cors) => CorsSettings {
            origins: cors.origins,
            credentials: cors.credentials,
        },
        None => CorsSettings {
            origins: vec!["*".to_owned()],
            credentials: false,
        },
    }
}

/// Nobody has to know the ports: they stand in the addresses that are handed out.
async fn listen() -> Result<TcpListener, DevError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    listener.map_err(|cause| DevError::Listen { port: 0, cause })
}
