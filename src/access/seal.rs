//! Seals data that passes through other hands: bindings in a client's URL, connection state in the
//! service's headers. A seal is a MAC: others can read the content, but cannot change, move or
//! forge it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use uuid::Uuid;

type HmacSha256 = Hmac<Sha256>;

/// 32 bytes, and what the decoder writes beyond the last of them.
const TAG_ROOM: usize = 36;

/// The purpose of a sealed text. A text sealed for one purpose never opens for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `sb` in a negotiated URL; its subject is the user id.
    Binding,
    /// `ce-connectionState`; its subject is the connection id.
    State,
    /// An invite's code; its subject is the room.
    Invite,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Binding => b"sb",
            Self::State => b"state",
            Self::Invite => b"invite",
        }
    }
}

/// The text was not sealed by us for this purpose and subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal is invalid")]
pub struct SealBroken;

/// Seals with the first key and opens with any, so that keys rotate without disconnecting clients.
#[derive(Clone)]
pub struct Sealer {
    seals: HmacSha256,
    opens: Vec<HmacSha256>,
    /// Service and hub, so that deployments that share a secret do not open each other's seals.
    scope: Vec<u8>,
}

impl Sealer {
    pub fn new(first: &SecretString, others: &[SecretString], host: &str, hub: &str) -> Self {
        let mut scope = Vec::new();
        for field in [host.to_ascii_lowercase(), hub.to_ascii_lowercase()] {
            scope.extend_from_slice(&length(field.as_bytes()));
            scope.extend_from_slice(field.as_bytes());
        }
        Self {
            seals: key(first),
            opens: others.iter().map(key).collect(),
            scope,
        }
    }

    /// Writes `<content>.<mac>`, both in base64url, which fits a query and an ASCII header.
    pub fn seal(
        &self,
        purpose: Purpose,
        subject: &str,
        content: &impl Serialize,
    ) -> Result<String, serde_json::Error> {
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, content)?;
        let mac = self.mac(&self.seals, purpose, subject, &json).finalize();
        let mut sealed = String::with_capacity(json.len().div_ceil(3) * 4 + 44);
        URL_SAFE_NO_PAD.encode_string(&json, &mut sealed);
        sealed.push('.');
        URL_SAFE_NO_PAD.encode_string(mac.into_bytes(), &mut sealed);
        Ok(sealed)
    }

    /// An unguessable code, always the same for the same id.
    pub fn code(&self, purpose: Purpose, subject: &str, id: Uuid) -> SecretString {
        let mac = self.mac(&self.seals, purpose, subject, id.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()).into()
    }

    pub fn open<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        subject: &str,
        sealed: &str,
    ) -> Result<T, SealBroken> {
        let (content, tag) = sealed.split_once('.').ok_or(SealBroken)?;
        let content = URL_SAFE_NO_PAD.decode(content).map_err(|_| SealBroken)?;
        let mut bytes = [0; TAG_ROOM];
        let tag = URL_SAFE_NO_PAD.decode_slice(tag, &mut bytes);
        let tag = &bytes[..tag.map_err(|_| SealBroken)?];
        let opens = std::iter::once(&self.seals).chain(&self.opens).any(|key| {
            let mac = self.mac(key, purpose, subject, &content);
            mac.verify_slice(tag).is_ok()
        });
        if !opens {
            return Err(SealBroken);
        }
        serde_json::from_slice(&content).map_err(|_| SealBroken)
    }

    fn mac(&self, key: &HmacSha256, purpose: Purpose, subject: &str, content: &[u8]) -> HmacSha256 {
        let mut mac = key.clone();
        for field in [purpose.label(), subject.as_bytes()] {
            mac.update(&length(field));
            mac.update(field);
        }
        mac.update(&self.scope);
        mac.update(content);
        mac
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({} keys)", 1 + self.opens.len())
    }
}

/// Written before each field, so that two fields cannot be mistaken for another two.
fn length(field: &[u8]) -> [u8; 8] {
    (field.len() as u64).to_be_bytes()
}

/// Derives the key for seals: a secret has any length, and may be the access key, which signs
/// other data too.
fn key(secret: &SecretString) -> HmacSha256 {
    let mut derived = [0; 64];
    let hkdf = Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes());
    // This fails only for more than 8160 bytes.
    let _ = hkdf.expand(b"switchboard seal 1", &mut derived);
    HmacSha256::new(&derived.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(secrets: &[&str]) -> Sealer {
        let mut secrets: Vec<_> = secrets.iter().map(|s| SecretString::from(*s)).collect();
        let first = secrets.remove(0);
        Sealer::new(&first, &secrets, "x.webpubsub.azure.com", "ViewerHub")
    }

    fn opened(sealer: &Sealer, sealed: &str) -> Result<String, SealBroken> {
        sealer.open(Purpose::State, "connection-1", sealed)
    }

    #[test]
    fn a_sealed_text_is_ascii_and_opens_again() {
        let sealer = sealer(&["one"]);

        let sealed = sealer
            .seal(Purpose::State, "connection-1", &"Jürgen")
            .unwrap();

        assert!(sealed.is_ascii());
        assert_eq!(opened(&sealer, &sealed), Ok("Jürgen".to_owned()));
    }

    #[test]
    fn another_subject_purpose_hub_or_secret_does_not_open_it() {
        let ours = sealer(&["one"]);
        let sealed = ours.seal(Purpose::State, "connection-1", &"x").unwrap();
        let elsewhere = Sealer::new(&"one".into(), &[], "x.webpubsub.azure.com", "OtherHub");

        assert!(
            ours.open::<String>(Purpose::State, "connection-2", &sealed)
                .is_err()
        );
        assert!(
            ours.open::<String>(Purpose::Binding, "connection-1", &sealed)
                .is_err()
        );
        assert_eq!(opened(&elsewhere, &sealed), Err(SealBroken));
        assert_eq!(opened(&sealer(&["two"]), &sealed), Err(SealBroken));
    }

    #[test]
    fn every_changed_character_breaks_the_seal() {
        let sealer = sealer(&["one"]);
        let sealed = sealer.seal(Purpose::State, "connection-1", &"x").unwrap();

        for position in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[position] = if changed[position] == b'A' {
                b'B'
            } else {
                b'A'
            };
            let changed = String::from_utf8(changed).unwrap();

            assert_eq!(opened(&sealer, &changed), Err(SealBroken), "at {position}");
        }
    }

    #[test]
    fn garbage_does_not_open() {
        let sealer = sealer(&["one"]);

        for text in ["", ".", "a.b", "eyJ9", "!.!", "é.é"] {
            assert_eq!(opened(&sealer, text), Err(SealBroken), "{text}");
        }
    }

    #[test]
    fn a_retired_secret_still_opens_but_no_longer_seals() {
        let old = sealer(&["old"]);
        let rotated = sealer(&["new", "old"]);
        let before = old.seal(Purpose::State, "connection-1", &"x").unwrap();
        let after = rotated.seal(Purpose::State, "connection-1", &"x").unwrap();

        assert!(opened(&rotated, &before).is_ok());
        assert!(opened(&rotated, &after).is_ok());
        assert!(opened(&old, &after).is_err());
    }

    #[test]
    fn a_field_cannot_be_mistaken_for_part_of_another() {
        let sealer = sealer(&["one"]);
        let sealed = sealer.seal(Purpose::State, "ab", &1).unwrap();

        assert!(sealer.open::<u8>(Purpose::State, "a", &sealed).is_err());
    }
}
