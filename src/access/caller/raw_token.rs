//! A bearer token before it is verified.

use serde::Deserialize;

/// An unverified token. It is a credential, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct RawToken(String);

impl RawToken {
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RawToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawToken(…)")
    }
}
