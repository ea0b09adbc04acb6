//! The id of a user, encoded so that every system it passes through preserves it.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::ids::changed;

/// The longest id, after encoding.
const MAX_BYTES: usize = 256;
/// How many characters of the hash the group names `inbox:` and `user:` contain.
const HASH_CHARACTERS: usize = 22;
const ANONYMOUS: &str = "anon:";
const PUBLISHER: &str = "publisher";
const ASSISTANT: &str = "assistant";
/// Senders of ours. No user has one of these ids, so nobody can use their messages' ids.
const RESERVED: [&str; 2] = [ASSISTANT, PUBLISHER];

/// A user's id: 1 to 256 bytes of visible ASCII. The service sends it in a header of its webhooks,
/// and the Functions host answers 500 if a header contains anything else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
pub struct UserId(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUserId {
    #[error("a user id must not be empty")]
    Empty,
    #[error("a user id holds no control characters")]
    ControlCharacter,
    #[error("a user id has at most 256 bytes once encoded")]
    TooLong,
    #[error("the ids `assistant` and `publisher` are reserved")]
    Reserved,
    #[error("in a user id, `%` must begin an escape such as `%20`")]
    BadEscape,
}

impl UserId {
    /// From an identity provider. The text is raw: `%` is a percent sign.
    ///
    /// The prefix `anon:` is reserved for users who chose their own name, so in an identity that
    /// begins with it the colon is encoded as `%3A`.
    pub fn signed_in(raw: &str) -> Result<Self, InvalidUserId> {
        let encoded = encode(raw, Percent::IsText)?;
        Self::unreserved(match encoded.strip_prefix(ANONYMOUS) {
            Some(rest) => format!("anon%3A{rest}"),
            None => encoded.into_owned(),
        })
    }

    /// A name that a caller chose, in a deployment without identities.
    pub fn anonymous(raw: &str) -> Result<Self, InvalidUserId> {
        Self::unreserved(encode(raw, Percent::IsText)?.into_owned())
    }

    /// A name that a caller chose, in a deployment with signed-in users, whose ids it cannot take.
    pub fn marked_anonymous(raw: &str) -> Result<Self, InvalidUserId> {
        if raw.is_empty() {
            return Err(InvalidUserId::Empty);
        }
        Self::checked(format!("{ANONYMOUS}{}", encode(raw, Percent::IsText)?))
    }

    /// From a body, a query or a frame. The text is already encoded: `%XX` is an escape.
    pub fn parse(text: &str) -> Result<Self, InvalidUserId> {
        Self::checked(parse(text)?.into_owned())
    }

    /// The sender of a message that a back end posts for nobody.
    pub fn publisher() -> Self {
        Self(PUBLISHER.to_owned())
    }

    /// The sender of an answer.
    pub fn assistant() -> Self {
        Self(ASSISTANT.to_owned())
    }

    /// An identity that has a reserved id gets its first letter encoded.
    fn unreserved(encoded: String) -> Result<Self, InvalidUserId> {
        let is_reserved = RESERVED.contains(&&*encoded);
        Self::checked(match encoded.bytes().next() {
            Some(first) if is_reserved => format!("%{first:02X}{}", &encoded[1..]),
            _ => encoded,
        })
    }

    fn checked(encoded: String) -> Result<Self, InvalidUserId> {
        match encoded.len() {
            0 => Err(InvalidUserId::Empty),
            1..=MAX_BYTES => Ok(Self(encoded)),
            _ => Err(InvalidUserId::TooLong),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The group that holds all connections of the user.
    pub fn group(&self) -> String {
        format!("user:{}", self.group_hash())
    }

    /// The group that carries the user's notifications.
    pub fn inbox_group(&self) -> String {
        format!("inbox:{}", self.group_hash())
    }

    /// Whether the id has the form that [`UserId::marked_anonymous`] returns.
    pub fn may_be_anonymous(&self) -> bool {
        self.0.starts_with(ANONYMOUS)
    }

    /// Represents the user in group names, which are limited in length and have no escapes.
    pub fn group_hash(&self) -> String {
        let mut hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0));
        hash.truncate(HASH_CHARACTERS);
        hash
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidUserId;

    fn try_from(text: String) -> Result<Self, InvalidUserId> {
        let changed = changed(parse(&text)?);
        Self::checked(changed.unwrap_or(text))
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

/// For a sender in a record of ours, who may be the publisher.
pub(crate) fn sender<'de, D: Deserializer<'de>>(text: D) -> Result<UserId, D::Error> {
    match String::deserialize(text)? {
        id if RESERVED.contains(&&*id) => Ok(UserId(id)),
        id => UserId::parse(&id).map_err(D::Error::custom),
    }
}

/// For the sender that a back end names, which may name the publisher.
pub(crate) fn named_sender<'de, D: Deserializer<'de>>(text: D) -> Result<Option<UserId>, D::Error> {
    match Option::<String>::deserialize(text)? {
        None => Ok(None),
        Some(id) if id == PUBLISHER => Ok(Some(UserId::publisher())),
        Some(id) => UserId::parse(&id).map(Some).map_err(D::Error::custom),
    }
}

/// Reads an id that is encoded already, and may not be one of ours.
fn parse(text: &str) -> Result<Cow<'_, str>, InvalidUserId> {
    let encoded = encode(text, Percent::IsEscape)?;
    if RESERVED.contains(&&*encoded) {
        return Err(InvalidUserId::Reserved);
    }
    Ok(encoded)
}

enum Percent {
    IsText,
    IsEscape,
}

/// Most ids need no encoding and come back as they are.
fn encode(text: &str, percent: Percent) -> Result<Cow<'_, str>, InvalidUserId> {
    let is_plain = |byte| matches!(byte, 0x21..=0x7E) && byte != b'%';
    if text.bytes().all(is_plain) {
        return Ok(text.into());
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidUserId::ControlCharacter);
    }
    let mut encoded = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match (byte, &percent) {
            (b'%', Percent::IsEscape) => {
                let (Some(high), Some(low)) = (bytes.next(), bytes.next()) else {
                    return Err(InvalidUserId::BadEscape);
                };
                if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
                    return Err(InvalidUserId::BadEscape);
                }
                encoded.push('%');
                encoded.push(high.to_ascii_uppercase().into());
                encoded.push(low.to_ascii_uppercase().into());
            }
            (b'%', Percent::IsText) => encoded.push_str("%25"),
            (0x21..=0x7E, _) => encoded.push(byte.into()),
            _ => {
                use fmt::Write;
                // Writing to a String cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    Ok(encoded.into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn nobody_has_a_reserved_id() {
        for id in ["assistant", "publisher"] {
            assert_eq!(UserId::parse(id), Err(InvalidUserId::Reserved));
        }
        assert_eq!(
            UserId::signed_in("publisher").unwrap().as_str(),
            "%70ublisher"
        );
        assert_eq!(
            UserId::anonymous("assistant").unwrap().as_str(),
            "%61ssistant"
        );
        assert_eq!(
            UserId::parse("%70ublisher").unwrap().as_str(),
            "%70ublisher"
        );
        assert!(serde_json::from_str::<UserId>("\"publisher\"").is_err());
    }

    use super::*;

    #[test]
    fn a_raw_name_is_encoded_byte_by_byte() {
        let id = UserId::anonymous("Jürgen 100%").unwrap();

        assert_eq!(id.as_str(), "J%C3%BCrgen%20100%25");
    }

    #[test]
    fn an_encoded_id_keeps_its_escapes_in_upper_case() {
        let id = UserId::parse("j%c3%bcrgen ü").unwrap();

        assert_eq!(id.as_str(), "j%C3%BCrgen%20%C3%BC");
    }

    #[test]
    fn an_id_in_json_is_text_in_our_encoding() {
        for (sent, kept) in [
            (r#""a%2Fb""#, r#""a%2Fb""#),
            (r#""a%2fü""#, r#""a%2F%C3%BC""#),
        ] {
            let id: UserId = serde_json::from_str(sent).unwrap();
            assert_eq!(serde_json::to_string(&id).unwrap(), kept);
        }
    }

    #[test]
    fn a_lone_percent_in_an_encoded_id_is_refused() {
        for text in ["50%", "%4", "%zz", "%%41", "%ü"] {
            assert_eq!(UserId::parse(text), Err(InvalidUserId::BadEscape), "{text}");
        }
    }

    #[test]
    fn control_characters_are_refused_even_outside_ascii() {
        for text in ["a\nb", "a\0", "\u{7f}", "a\u{85}"] {
            assert_eq!(
                UserId::signed_in(text),
                Err(InvalidUserId::ControlCharacter)
            );
            assert_eq!(UserId::parse(text), Err(InvalidUserId::ControlCharacter));
        }
    }

    #[test]
    fn the_limit_counts_after_encoding_and_with_the_prefix() {
        assert!(UserId::anonymous(&"a".repeat(256)).is_ok());
        assert_eq!(
            UserId::anonymous(&"a".repeat(257)),
            Err(InvalidUserId::TooLong)
        );
        assert_eq!(
            UserId::anonymous(&"ü".repeat(43)),
            Err(InvalidUserId::TooLong)
        );
        assert!(UserId::marked_anonymous(&"a".repeat(251)).is_ok());
        assert_eq!(
            UserId::marked_anonymous(&"a".repeat(252)),
            Err(InvalidUserId::TooLong)
        );
    }

    #[test]
    fn a_signed_in_user_cannot_look_anonymous() {
        let id = UserId::signed_in("anon:alice").unwrap();

        assert_eq!(id.as_str(), "anon%3Aalice");
        assert_ne!(id, UserId::marked_anonymous("alice").unwrap());
    }

    #[test]
    fn an_empty_id_is_refused() {
        assert_eq!(UserId::signed_in(""), Err(InvalidUserId::Empty));
        assert_eq!(UserId::marked_anonymous(""), Err(InvalidUserId::Empty));
        assert_eq!(UserId::parse(""), Err(InvalidUserId::Empty));
    }

    #[test]
    fn the_group_hash_is_short_and_safe_in_a_name() {
        let hash = UserId::parse("alice").unwrap().group_hash();

        // The first 22 characters of the base64url of SHA-256("alice").
        assert_eq!(hash, "K9gGyX8OAK8aH8Myj6djqS");
    }
}
