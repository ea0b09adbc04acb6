//! Seals what travels through other hands: bindings in a client's URL, state in the service's
//! headers. A seal is a MAC, so the content can be read but not changed, moved or made up.

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

/// What a sealed text is for; one kind never opens as another.
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
#[error("the seal does not hold")]
pub struct SealBroken;

/// Seals with the first key and opens with any, so that keys rotate without dropping anyone.
#[derive(Clone)]
pub struct Sealer {
    seals: HmacSha256,
    opens: Vec<HmacSha256>,
    /// Service and hub: two deployments that share a secret do not open each other's seals.
    place: Vec<u8>,
}

impl Sealer {
    pub fn new(first: &SecretString, others: &[SecretString], host: &str, hub: &str) -> Self {
        let mut place = Vec::new();
        append(&mut place, host.to_ascii_lowercase().as_bytes());
        append(&mut place, hub.to_ascii_lowercase().as_bytes());
        Self {
            seals: key(first),
            opens: others.iter().map(key).collect(),
            place,
        }
    }

    /// `<content>.<mac>`, both base64url: it fits a query and an ASCII header.
    pub fn seal(
        &self,
        purpose: Purpose,
        subject: &str,
        content: &impl Serialize,
    ) -> Result<String, serde_json::Error> {
        let content = serde_json::to_vec(content)?;
        let mac = self.mac(&self.seals, purpose, subject, &content).finalize();
        let mut sealed = URL_SAFE_NO_PAD.encode(&content);
        sealed.push('.');
        URL_SAFE_NO_PAD.encode_string(mac.into_bytes(), &mut sealed);
        Ok(sealed)
    }

    /// A code that nobody guesses, and that is the same for the same id.
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
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| SealBroken)?;
        let opens = std::iter::once(&self.seals).chain(&self.opens).any(|key| {
            let mac = self.mac(key, purpose, subject, &content);
            mac.verify_slice(&tag).is_ok()
        });
        if !opens {
            return Err(SealBroken);
        }
        serde_json::from_slice(&content).map_err(|_| SealBroken)
    }

    fn mac(&self, key: &HmacSha256, purpose: Purpose, subject: &str, content: &[u8]) -> HmacSha256 {
        let mut covered = Vec::with_capacity(64 + content.len());
        append(&mut covered, purpose.label());
        append(&mut covered, subject.as_bytes());
        let mut mac = key.clone();
        mac.update(&covered);
        mac.update(&self.place);
        mac.update(content);
        mac
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({} keys)", 1 + self.opens.len())
    }
}

/// Length first, so that two fields never run into each other.
fn append(covered: &mut Vec<u8>, field: &[u8]) {
    covered.extend_from_slice(&(field.len() as u64).to_be_bytes());
    covered.extend_from_slice(field);
}

/// A secret is text of any length, and may be the access key, which signs other things too: so
/// the key for seals is derived from it.
fn key(secret: &SecretString) -> HmacSha256 {
    let mut derived = [0; 64];
    let hkdf = Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes());
    // It refuses only to make more than 8160 bytes.
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
    fn what_was_sealed_opens_again_as_ascii_text() {
        let sealer = sealer(&["one"]);

        let sealed = sealer
            .seal(Purpose::State, "connection-1", &"Jürgen")
            .unwrap();

        assert!(sealed.is_ascii());
        assert_eq!(opened(&sealer, &sealed), Ok("Jürgen".to_owned()));
    }

    #[test]
    fn another_subject_purpose_place_or_secret_does_not_open_it() {
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
    fn no_single_changed_character_goes_unnoticed() {
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
    fn fields_cannot_run_into_each_other() {
        let sealer = sealer(&["one"]);
        let sealed = sealer.seal(Purpose::State, "ab", &1).unwrap();

        assert!(sealer.open::<u8>(Purpose::State, "a", &sealed).is_err());
    }
}
