//! Who a message is from, spelled so that it survives every place it travels through.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Counted in bytes, after encoding.
const LONGEST: usize = 256;
/// How many characters of the hash stand in `inbox:` and `user:` group names.
const HASH_CHARACTERS: usize = 22;
const ANONYMOUS: &str = "anon:";

/// A user: 1 to 256 bytes of visible ASCII, because the service carries it in a header of its
/// webhooks and the Functions host answers 500 to a header with anything else in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUserId {
    #[error("a user id must not be empty")]
    Empty,
    #[error("a user id holds no control characters")]
    ControlCharacter,
    #[error("a user id has at most 256 bytes once encoded")]
    TooLong,
    #[error("in a user id, `%` must begin an escape such as `%20`")]
    BadEscape,
}

impl UserId {
    /// From an identity provider: the text is raw, so a `%` in it is a percent sign.
    ///
    /// `anon:` marks those who named themselves; an identity that begins so has its colon
    /// written `%3A`, or it could be mistaken for one of them.
    pub fn signed_in(raw: &str) -> Result<Self, InvalidUserId> {
        let spelled = encode(raw, Percent::IsText)?;
        Self::checked(match spelled.strip_prefix(ANONYMOUS) {
            Some(rest) => format!("anon%3A{rest}"),
            None => spelled,
        })
    }

    /// A name that a caller without an identity chose, where no other callers exist.
    pub fn anonymous(raw: &str) -> Result<Self, InvalidUserId> {
        Self::checked(encode(raw, Percent::IsText)?)
    }

    /// The same where signed-in users exist too: nobody can take one of their ids.
    pub fn marked_anonymous(raw: &str) -> Result<Self, InvalidUserId> {
        if raw.is_empty() {
            return Err(InvalidUserId::Empty);
        }
        Self::checked(format!("{ANONYMOUS}{}", encode(raw, Percent::IsText)?))
    }

    /// From a body, a query or a frame: already in our spelling, where `%XX` is an escape.
    pub fn parse(text: &str) -> Result<Self, InvalidUserId> {
        Self::checked(encode(text, Percent::IsEscape)?)
    }

    fn checked(spelled: String) -> Result<Self, InvalidUserId> {
        match spelled.len() {
            0 => Err(InvalidUserId::Empty),
            1..=LONGEST => Ok(Self(spelled)),
            _ => Err(InvalidUserId::TooLong),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every connection of the user is in it, so that they can be found.
    pub fn group(&self) -> String {
        format!("user:{}", self.group_hash())
    }

    /// Whether callers without an identity may have this id, where others have one.
    pub fn may_be_anonymous(&self) -> bool {
        self.0.starts_with(ANONYMOUS)
    }

    /// Stands for the user in a group's name, which has a length limit and no escapes.
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
        Self::parse(&text)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

enum Percent {
    IsText,
    IsEscape,
}

fn encode(text: &str, percent: Percent) -> Result<String, InvalidUserId> {
    if text.chars().any(char::is_control) {
        return Err(InvalidUserId::ControlCharacter);
    }
    let mut spelled = String::with_capacity(text.len());
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
                spelled.push('%');
                spelled.push(high.to_ascii_uppercase().into());
                spelled.push(low.to_ascii_uppercase().into());
            }
            (b'%', Percent::IsText) => spelled.push_str("%25"),
            (0x21..=0x7E, _) => spelled.push(byte.into()),
            _ => {
                use fmt::Write;
                // Writing to a String cannot fail.
                let _ = write!(spelled, "%{byte:02X}");
            }
        }
    }
    Ok(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_name_is_encoded_byte_by_byte() {
        let id = UserId::anonymous("Jürgen 100%").unwrap();

        assert_eq!(id.as_str(), "J%C3%BCrgen%20100%25");
    }

    #[test]
    fn a_spelled_id_keeps_its_escapes_in_upper_case() {
        let id = UserId::parse("j%c3%bcrgen ü").unwrap();

        assert_eq!(id.as_str(), "j%C3%BCrgen%20%C3%BC");
    }

    #[test]
    fn a_lone_percent_in_a_spelled_id_is_refused() {
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
    fn nobody_signed_in_can_look_anonymous() {
        let id = UserId::signed_in("anon:alice").unwrap();

        assert_eq!(id.as_str(), "anon%3Aalice");
        assert_ne!(id, UserId::marked_anonymous("alice").unwrap());
    }

    #[test]
    fn an_empty_id_is_no_id() {
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
