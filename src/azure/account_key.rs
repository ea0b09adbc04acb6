//! The keys of storage accounts, Cosmos DB accounts and IoT hubs: base64, signing with HMAC-SHA256.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key that is ready to sign. Its text is not kept.
#[derive(Clone)]
pub struct AccountKey(Hmac<Sha256>);

impl AccountKey {
    /// The text's signature, in base64.
    pub fn sign(&self, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// The text is empty or not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not base64")]
pub struct InvalidAccountKey;

impl FromStr for AccountKey {
    type Err = InvalidAccountKey;

    fn from_str(text: &str) -> Result<Self, InvalidAccountKey> {
        let bytes = STANDARD.decode(text).map_err(|_| InvalidAccountKey)?;
        if bytes.is_empty() {
            return Err(InvalidAccountKey);
        }
        let keyed = Hmac::new_from_slice(&bytes).map_err(|_| InvalidAccountKey)?;
        Ok(Self(keyed))
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_base64_is_a_key() {
        for text in ["", "hush-hush!", "aGk"] {
            assert!(text.parse::<AccountKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_output_hides_the_key() {
        let key: AccountKey = "c2VjcmV0".parse().unwrap();

        assert_eq!(format!("{key:?}"), "AccountKey([redacted])");
    }
}
