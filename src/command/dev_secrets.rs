//! The secrets that `switchboard dev` generates. They are kept in a file, so that tokens stay valid
//! after a restart.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::clock::Ids;

/// Relative to the app's folder; git ignores it.
pub const FILE: &str = "data/dev-secrets.json";

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevSecrets {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt_secret: Option<String>,
}

impl DevSecrets {
    /// `None` if there is no file.
    pub fn read(file: &Path) -> io::Result<Option<Self>> {
        match fs::read(file) {
            Ok(json) => Ok(Some(serde_json::from_slice(&json)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the file atomically. Only its owner can ever read it.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let temporary = file.with_extension("json.new");
        // A leftover file could be readable by others.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut new = options.open(&temporary)?;
        new.write_all(&serde_json::to_vec_pretty(self)?)?;
        new.sync_all()?;
        fs::rename(temporary, file)
    }

    /// 244 random bits as text.
    pub fn random(ids: &Ids) -> String {
        let bytes = [ids.uuid().into_bytes(), ids.uuid().into_bytes()].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl std::fmt::Debug for DevSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DevSecrets(…)")
    }
}
