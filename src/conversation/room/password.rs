//! A room's password. Only a slow hash of it is stored.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash as Parsed, PasswordHasher, PasswordVerifier, SaltString};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::clock::Ids;
use crate::conversation::ConversationError;

/// Argon2id, in the usual text form. `Debug` hides it: with the hash, passwords can be tried
/// offline.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Slow by design.
    pub async fn new(password: &SecretString, ids: &Ids) -> Result<Self, ConversationError> {
        let (password, salt) = (password.clone(), ids.uuid());
        let hashed = spawn_blocking(move || {
            let salt = SaltString::encode_b64(salt.as_bytes())?;
            let hash = Argon2::default().hash_password(password.expose_secret().as_bytes(), &salt);
            hash.map(|hash| Self::from(hash.to_string()))
        });
        match hashed.await {
            Ok(Ok(hash)) => Ok(hash),
            failed => {
                tracing::error!("a password cannot be hashed: {:?}", failed.err());
                Err(ConversationError::Unavailable(
                    "the password cannot be hashed",
                ))
            }
        }
    }

    /// Whether this is the password.
    pub async fn is_of(&self, shown: &SecretString) -> bool {
        let (shown, hash) = (shown.clone(), self.clone());
        let right = spawn_blocking(move || hash.verifies(&shown)).await;
        right.unwrap_or(false)
    }

    /// Whether both are the same hash. The same password with another salt has another hash.
    pub(super) fn is_same_text(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }

    fn verifies(&self, shown: &SecretString) -> bool {
        let Ok(parsed) = Parsed::new(self.0.expose_secret()) else {
            tracing::error!("a room's password hash cannot be read");
            return false;
        };
        Argon2::default()
            .verify_password(shown.expose_secret().as_bytes(), &parsed)
            .is_ok()
    }
}

impl From<String> for PasswordHash {
    fn from(hash: String) -> Self {
        Self(hash.into())
    }
}

impl Serialize for PasswordHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_no_two_hashes_are_alike() {
        let password = SecretString::from("correct horse");
        let hash = PasswordHash::new(&password, &Ids::random()).await.unwrap();
        let other = PasswordHash::new(&password, &Ids::random()).await.unwrap();

        assert!(hash.0.expose_secret().starts_with("$argon2id$"));
        assert_ne!(hash.0.expose_secret(), other.0.expose_secret());
        assert!(hash.is_of(&password).await);
        assert!(!hash.is_of(&"battery staple".into()).await);
        assert!(
            !PasswordHash::from("nonsense".to_owned())
                .is_of(&password)
                .await
        );
    }

    #[test]
    fn a_password_hash_is_not_shown() {
        let hash = PasswordHash::from("$argon2id$secret".to_owned());

        assert!(!format!("{hash:?}").contains("secret"));
    }
}
