//! A recording that is under way, and the name of its blob.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The container format of the chunks, put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Webm,
    Ogg,
    Mp3,
    Mp4,
    Wav,
}

impl Format {
    const ALL: [Self; 5] = [Self::Webm, Self::Ogg, Self::Mp3, Self::Mp4, Self::Wav];

    fn extension(self) -> &'static str {
        match self {
            Self::Webm => "webm",
            Self::Ogg => "ogg",
            Self::Mp3 => "mp3",
            Self::Mp4 => "mp4",
            Self::Wav => "wav",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a recording's name")]
pub struct InvalidName;

impl FromStr for Format {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.extension() == text)
            .ok_or(InvalidName)
    }
}

/// The name of a recording's blob. Its extension tells the transcribing service the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Name {
    pub(super) id: Uuid,
    format: Format,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, self.format.extension())
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let (id, format) = text.split_once('.').ok_or(InvalidName)?;
        Ok(Self {
            id: Uuid::try_parse(id).map_err(|_| InvalidName)?,
            format: format.parse()?,
        })
    }
}

/// A recording that is under way. It travels in the connection's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    #[serde(flatten)]
    pub(super) name: Name,
    /// The bytes so far: where the next chunk is appended.
    pub(super) length: u64,
    pub(super) started: Timestamp,
    /// It may last so long.
    pub(super) max_seconds: u32,
    /// A hash of the caller whose minutes it uses.
    pub(super) caller: String,
}

impl Recording {
    pub(super) fn new(
        id: Uuid,
        format: Format,
        started: Timestamp,
        max_seconds: u32,
        caller: String,
    ) -> Self {
        Self {
            name: Name { id, format },
            length: 0,
            started,
            max_seconds,
            caller,
        }
    }

    pub fn id(&self) -> Uuid {
        self.name.id
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// By the server's clock; what clients say does not count.
    pub(super) fn seconds(&self, now: Timestamp) -> u32 {
        let seconds = now.as_second() - self.started.as_second();
        u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let name = Name {
            id: Uuid::from_u128(7),
            format: Format::Webm,
        };

        assert_eq!(name.to_string(), format!("{}.webm", Uuid::from_u128(7)));
        assert_eq!(name.to_string().parse(), Ok(name));
    }

    #[test]
    fn other_names_are_refused() {
        let id = Uuid::from_u128(7);
        for text in [
            String::new(),
            "..".to_owned(),
            format!("{id}"),
            format!("{id}.exe"),
            format!("{id}.webm/x"),
            format!("../{id}.webm"),
            format!("{id}.WEBM"),
        ] {
            assert_eq!(text.parse::<Name>(), Err(InvalidName), "{text}");
        }
    }

    #[test]
    fn a_recording_survives_its_journey_through_the_state() {
        let started = Timestamp::from_second(1_800_000_000).unwrap();
        let id = Uuid::from_u128(7);
        let recording = Recording::new(id, Format::Ogg, started, 600, "hash".to_owned());

        let json = serde_json::to_string(&recording).unwrap();

        assert_eq!(serde_json::from_str::<Recording>(&json).unwrap(), recording);
    }
}
