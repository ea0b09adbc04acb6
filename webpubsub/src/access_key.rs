//! The access key: signs tokens and verifies the signatures of upstream events.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// One of the two keys of a Web PubSub service.
///
/// The key's text is used as is: although it looks like base64, it is never decoded.
/// The HMAC state that depends only on the key is computed once, because a busy server
/// signs and verifies with the same key thousands of times a second.
#[derive(Clone)]
pub struct AccessKey {
    secret: SecretString,
    keyed: Hmac<Sha256>,
}

impl AccessKey {
    /// Creates a key from its text, as the Azure portal shows it.
    pub fn new(key: impl Into<String>) -> Result<Self, EmptyAccessKeyError> {
        let secret = SecretString::from(key.into());
        if secret.expose_secret().trim().is_empty() {
            return Err(EmptyAccessKeyError);
        }
        let keyed = Hmac::new_from_slice(secret.expose_secret().as_bytes())
            .map_err(|_| EmptyAccessKeyError)?;
        Ok(Self { secret, keyed })
    }

    /// Computes the HMAC-SHA256 of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Checks in constant time whether `tag` is this key's signature of `message`.
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        let mut mac = self.keyed.clone();
        mac.update(message);
        mac.verify_slice(tag).is_ok()
    }

    /// The key's text, for deriving other keys from it.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey([redacted])")
    }
}

/// The access key is empty or blank. Anyone could sign with such a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access key is empty")]
pub struct EmptyAccessKeyError;

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 4231, test case 2.
    #[test]
    fn a_signature_matches_the_published_vector() {
        let key = AccessKey::new("Jefe").unwrap();

        let tag = key.sign(b"what do ya want for nothing?");

        assert_eq!(
            hex(&tag),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(key.verify(b"what do ya want for nothing?", &tag));
    }

    #[test]
    fn a_changed_message_or_tag_is_refused() {
        let key = AccessKey::new("Jefe").unwrap();
        let mut tag = key.sign(b"message");

        assert!(!key.verify(b"massage", &tag));
        assert!(!key.verify(b"message", &tag[..31]));
        assert!(!key.verify(b"message", b""));
        tag[31] ^= 1;
        assert!(!key.verify(b"message", &tag));
    }

    #[test]
    fn an_empty_key_is_refused() {
        assert!(AccessKey::new("").is_err());
        assert!(AccessKey::new(" \n").is_err());
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let key = AccessKey::new("hunter2").unwrap();

        assert!(!format!("{key:?} {:?}", key.secret()).contains("hunter2"));
    }
}
