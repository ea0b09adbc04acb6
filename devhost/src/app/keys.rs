//! Function keys, and the file that holds them.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::LoadError;
use crate::clock;

/// The keys of functions that are not anonymous.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// Allows calling functions with the level `function`.
    pub function: String,
    /// Allows calling all functions, and `/admin/`.
    pub master: String,
}

impl Keys {
    /// Reads the keys in `file`. If the file does not exist, creates it with new keys.
    pub fn read_or_create(file: impl AsRef<Path>) -> Result<Self, LoadError> {
        let file = file.as_ref();
        let unreadable = |source| LoadError::Unreadable {
            file: file.to_owned(),
            source,
        };
        match fs::read(file) {
            Ok(text) => serde_json::from_slice(&text).map_err(|source| LoadError::NotJson {
                file: file.to_owned(),
                source,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let new = Self {
                    function: new_key(),
                    master: new_key(),
                };
                new.write(file).map_err(unreadable)?;
                Ok(new)
            }
            Err(error) => Err(unreadable(error)),
        }
    }

    /// Only the owner can read the file.
    fn write(&self, file: &Path) -> io::Result<()> {
        if let Some(folder) = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = serde_json::to_string_pretty(self)?;
        writeln!(options.open(file)?, "{text}")
    }
}

fn new_key() -> String {
    format!("{}{}", clock::new_id().simple(), clock::new_id().simple())
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Keys(..)")
    }
}
