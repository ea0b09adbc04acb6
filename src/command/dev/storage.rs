//! A local storage account, for developers without one: queues and blobs on loopback, stored in
//! the data folder.

use std::net::Ipv4Addr;
use std::path::Path;

use storage_emulator::{CorsSettings, OpenError, Settings, Storage};
use tokio::net::TcpListener;

use super::error::DevError;
use super::settings::Configured;

const FOLDER: &str = "data/files";

/// `None` if the settings name an account, or if another `dev` of this folder has opened ours.
pub(super) async fn open(
    configured: &Configured,
    folder: &Path,
) -> Result<Option<Storage>, DevError> {
    if configured.names_storage() {
        return Ok(None);
    }
    let settings = Settings {
        cors: Some(match configured.cors() {
            Some(cors) => CorsSettings {
                origins: cors.origins,
                credentials: cors.credentials,
            },
            None => CorsSettings {
                origins: vec!["*".to_owned()],
                credentials: false,
            },
        }),
        ..Settings::in_folder(folder.join(FOLDER))
    };
    match Storage::open(listen().await?, listen().await?, settings) {
        Ok(storage) => Ok(Some(storage)),
        Err(OpenError::InUse { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Any free port will do, because clients get complete URLs.
async fn listen() -> Result<TcpListener, DevError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    listener.map_err(|cause| DevError::Listen { port: 0, cause })
}
