//! The targets that a connection can be bound to: rooms, chats, sessions, organisations, devices
//! and channels. Each id is validated when it is parsed.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::changed;
use crate::ids::user_id::UserId;

/// A target of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    Room(RoomId),
    Chat(ChatId),
    Session(SessionId),
    Org(OrgId),
    Device(DeviceId),
    Channel(Channel),
}

impl Target {
    pub fn as_room(&self) -> Option<&RoomId> {
        match self {
            Self::Room(id) => Some(id),
            _ => None,
        }
    }

    pub fn as_chat(&self) -> Option<&ChatId> {
        match self {
            Self::Chat(id) => Some(id),
            _ => None,
        }
    }

    pub fn as_session(&self) -> Option<&SessionId> {
        match self {
            Self::Session(id) => Some(id),
            _ => None,
        }
    }

    /// The target's Web PubSub group. Audio has none, since its replies go to the caller only.
    /// Every prefix ends in `:`, which no room id contains, so no room shares another group.
    pub fn group(&self, user: &UserId) -> Option<String> {
        match self {
            Self::Room(id) => Some(id.to_string()),
            Self::Chat(id) => Some(format!("chat:{id}")),
            Self::Session(id) => Some(format!("session:{id}")),
            Self::Org(id) => Some(id.group()),
            Self::Device(id) => Some(format!("device:{id}")),
            Self::Channel(Channel::Chats) => Some("channel:chats".to_owned()),
            Self::Channel(Channel::Notifications) => Some(user.inbox_group()),
            Self::Channel(Channel::Audio) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Notifications,
    Audio,
    Chats,
}

impl FromStr for Channel {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "notifications" => Ok(Self::Notifications),
            "audio" => Ok(Self::Audio),
            "chats" => Ok(Self::Chats),
            _ => Err(InvalidId("`notifications`, `audio` or `chats`")),
        }
    }
}

/// As callers name it.
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Notifications => "notifications",
            Self::Audio => "audio",
            Self::Chats => "chats",
        })
    }
}

/// The id is invalid. The text says what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct InvalidId(&'static str);

impl InvalidId {
    pub fn expected(self) -> &'static str {
        self.0
    }
}

type Parser = fn(&str) -> Result<Cow<'_, str>, InvalidId>;

/// Declares an id: a private string that only its parser creates, for serde as well. A parser
/// returns its text as it is, or in the form that we keep.
macro_rules! id {
    ($(#[$attribute:meta])* $name:ident, $parse:expr) => {
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
        )]
        #[serde(try_from = "String")]
        $(#[$attribute])*
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let parse: Parser = $parse;
                parse(text).map(|id| Self(id.into_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let parse: Parser = $parse;
                let changed = changed(parse(&text)?);
                Ok(Self(changed.unwrap_or(text)))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Names a room and its group. It also becomes a path segment and a key in the store, so only
    /// characters that are safe in all of them are allowed.
    RoomId, |text| name(text, b"._-")
}
id! {
    /// Names an organisation.
    OrgId, |text| name(text, b"._-")
}
id! {
    /// Names a device, by the rules of IoT Hub.
    DeviceId, |text| name(text, b"._-:")
}
id! {
    /// Names a chat. We create these ids, so any other form is not an id.
    ChatId, |text| {
        let ours = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if matches!(text.len(), 1..=64) && text.bytes().all(ours) {
            Ok(text.into())
        } else {
            Err(InvalidId("the id of a chat, as `CHAT_CREATED` gave it"))
        }
    }
}
id! {
    /// Names a session: a UUID in its hyphenated form only, stored in lower case.
    #[schema(example = "550e8400-e29b-41d4-a716-446655440000")]
    SessionId, |text| {
        // `Uuid::parse_str` alone would also take braces, `urn:uuid:` and a form without dashes.
        match (text.len(), uuid::Uuid::try_parse(text)) {
            (36, Ok(id)) => Ok(id.hyphenated().to_string().into()),
            _ => Err(InvalidId("a UUID such as 550e8400-e29b-41d4-a716-446655440000")),
        }
    }
}

impl OrgId {
    /// The group that carries the organisation's events.
    pub fn group(&self) -> String {
        format!("org:{self}")
    }
}

fn name<'a>(text: &'a str, punctuation: &[u8]) -> Result<Cow<'a, str>, InvalidId> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || punctuation.contains(&byte);
    let starts_alphanumeric = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if text.len() <= 128 && starts_alphanumeric && text.bytes().all(legal) {
        Ok(text.into())
    } else if punctuation.contains(&b':') {
        Err(InvalidId(
            "1 to 128 letters, digits, `.`, `_`, `-` or `:`, beginning with a letter or digit",
        ))
    } else {
        Err(InvalidId(
            "1 to 128 letters, digits, `.`, `_` or `-`, beginning with a letter or digit",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_id_begins_with_a_letter_or_digit_and_has_no_colon() {
        for good in ["test", "7", "a.b_c-d", &"x".repeat(128)] {
            assert!(good.parse::<RoomId>().is_ok(), "{good}");
        }
        for bad in [
            "",
            ".a",
            "-a",
            "a:b",
            "a b",
            "a/b",
            "é",
            "a\n",
            &"x".repeat(129),
        ] {
            assert!(bad.parse::<RoomId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_device_id_may_have_colons() {
        assert!("floor1:sensor-7".parse::<DeviceId>().is_ok());
        assert!(":sensor".parse::<DeviceId>().is_err());
    }

    #[test]
    fn a_session_id_is_a_uuid_in_one_form_only() {
        let id: SessionId = "550E8400-E29B-41D4-A716-446655440000".parse().unwrap();

        assert_eq!(id.as_str(), "550e8400-e29b-41d4-a716-446655440000");
        for bad in [
            "550e8400e29b41d4a716446655440000",
            "{550e8400-e29b-41d4-a716-446655440000}",
            "(550e8400-e29b-41d4-a716-446655440000)",
            "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
            "550e8400-e29b-41d4-a716-44665544000g",
        ] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn no_room_can_share_a_group_with_anything_else() {
        let alice = UserId::parse("alice").unwrap();
        let others = [
            Target::Chat("1".parse().unwrap()),
            Target::Org("1".parse().unwrap()),
            Target::Device("1".parse().unwrap()),
            Target::Channel(Channel::Notifications),
            Target::Channel(Channel::Chats),
        ];

        for target in others {
            let group = target.group(&alice).unwrap();
            assert!(group.parse::<RoomId>().is_err(), "{group}");
        }
    }

    #[test]
    fn ids_in_json_are_validated() {
        let bad = serde_json::from_str::<Target>(r#"{"room":"../x"}"#);

        assert!(bad.is_err());
    }

    #[test]
    fn an_id_in_json_is_text_in_the_form_that_we_keep() {
        let read = |json: &str| serde_json::from_str::<SessionId>(json).unwrap();
        let kept = r#""550e8400-e29b-41d4-a716-446655440000""#;

        for id in [read(kept), read(&kept.to_uppercase())] {
            assert_eq!(serde_json::to_string(&id).unwrap(), kept);
        }
    }
}
