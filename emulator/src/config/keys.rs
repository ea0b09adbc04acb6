//! The access keys.

use std::fmt;

use thiserror::Error;

use super::error::ConfigError;
use super::section::Section;

/// The default key of Microsoft's emulator. It is public, so it protects nothing.
const DEFAULT_KEY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH";

/// The primary and optionally a secondary access key. Both verify, the primary one signs.
#[derive(Clone)]
pub struct Keys {
    primary: String,
    secondary: Option<String>,
}

/// Why an access key is invalid.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an access key needs at least 32 bytes, without semicolons and control characters")]
pub struct KeyError;

impl Keys {
    /// Refuses keys that a connection string cannot hold.
    pub fn new(primary: &str, secondary: Option<&str>) -> Result<Self, KeyError> {
        Ok(Self {
            primary: checked(primary)?,
            secondary: secondary.map(checked).transpose()?,
        })
    }

    pub(super) fn from_section(section: &mut Section) -> Result<Self, ConfigError> {
        let mut key = |name: &'static str| match section.text(name)? {
            Some(text) => checked(&text)
                .map(Some)
                .map_err(|why| section.invalid(name, &why)),
            None => Ok(None),
        };
        Ok(Self {
            primary: key("AccessKey")?.unwrap_or_else(|| DEFAULT_KEY.to_owned()),
            secondary: key("SecondaryAccessKey")?,
        })
    }

    pub(crate) fn primary(&self) -> &str {
        &self.primary
    }

    /// All keys, the primary one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.primary.as_str()).chain(self.secondary.as_deref())
    }
}

fn checked(key: &str) -> Result<String, KeyError> {
    if key.len() < 32 || key.contains(|c: char| c == ';' || c.is_control()) {
        return Err(KeyError);
    }
    Ok(key.to_owned())
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            primary: DEFAULT_KEY.to_owned(),
            secondary: None,
        }
    }
}

/// Keeps the keys out of logs.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
