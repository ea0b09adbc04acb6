//! Files in messages. The content lies in blob storage; the record holds what was declared before
//! the upload, which counts from then on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attachment::{Attachment, FileNote};
use super::{Conversation, ConversationError, ConversationState, keys};
use crate::ids::user_id::{self, UserId};
use crate::store::{Store, StoreError};

pub const MAX_SIZE: u64 = 100 * 1024 * 1024;
const MAX_NAME: usize = 255;
const MAX_CONTENT_TYPE: usize = 127;

/// A file that somebody wants to upload, within its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    name: String,
    content_type: String,
    size: u64,
}

/// A file as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    pub name: String,
    pub content_type: String,
    pub size: u64,
    #[serde(deserialize_with = "user_id::sender")]
    sender: UserId,
    /// A room that is created again has none of the old one's files.
    #[serde(rename = "gen")]
    generation: u64,
    created_at: Timestamp,
    /// A message names it. Decided a day after the upload was declared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    kept: bool,
}

impl NewFile {
    pub fn new(name: &str, content_type: &str, size: u64) -> Result<Self, ConversationError> {
        let name = name.trim();
        let is_name = (1..=MAX_NAME).contains(&name.chars().count())
            && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'));
        if !is_name {
            return Err(ConversationError::Invalid(
                "a file's `name` has 1 to 255 characters, none of them `/`, `\\` or a control character",
            ));
        }
        let content_type = content_type.trim();
        if !is_content_type(content_type) {
            return Err(ConversationError::Invalid(
                "`contentType` is one such as `image/png`, of at most 127 characters",
            ));
        }
        if !(1..=MAX_SIZE).contains(&size) {
            return Err(ConversationError::Invalid(
                "`size` is a number from 1 to 104857600 (100 MiB)",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            size,
        })
    }
}

/// `type/subtype`, and parameters of plain characters behind a `;`.
fn is_content_type(text: &str) -> bool {
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let token = |part: &str| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b);
        !part.is_empty() && part.bytes().all(legal)
    };
    let is_essence = essence
        .trim_end()
        .split_once('/')
        .is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    text.len() <= MAX_CONTENT_TYPE
        && is_essence
        && parameters
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

pub async fn find(
    store: &dyn Store,
    place: &Conversation,
    id: Uuid,
) -> Result<Option<FileRecord>, StoreError> {
    let found = store.get(&place.partition(), &keys::file(id)).await?;
    Ok(found.map(|record| record.read()).transpose()?)
}

impl FileRecord {
    pub(super) fn new(file: NewFile, sender: &UserId, generation: u64, now: Timestamp) -> Self {
        Self {
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            sender: sender.clone(),
            generation,
            created_at: now,
            kept: false,
        }
    }

    pub(super) fn created_at(&self) -> Timestamp {
        self.created_at
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    pub(super) fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// The name of its blob. All files of a room that was deleted share a prefix.
    pub fn path(&self, place: &Conversation, id: Uuid) -> String {
        let (kind, name) = match place {
            Conversation::Room(id) => ("room", id.as_str()),
            Conversation::Chat(id) => ("chat", id.as_str()),
            Conversation::Session(id) => ("session", id.as_str()),
        };
        format!("{kind}/{name}/{}/{id}", self.generation)
    }

    /// Whether it belongs to the conversation's current generation.
    pub fn is_of(&self, state: &ConversationState) -> bool {
        self.generation == state.head.generation
    }

    pub fn is_by(&self, sender: &UserId) -> bool {
        self.sender == *sender
    }

    /// The attachment of a message, once a blob of this size is uploaded.
    pub fn attach(self, id: Uuid, uploaded: Option<u64>) -> Result<Attachment, ConversationError> {
        match uploaded {
            Some(size) if size == self.size => Ok(Attachment {
                note: FileNote {
                    file_id: id,
                    name: self.name,
                    content_type: self.content_type,
                    size: self.size,
                },
                generation: self.generation,
            }),
            Some(_) => Err(ConversationError::Invalid(
                "`file`: what was uploaded is not of the size that was said",
            )),
            None => Err(ConversationError::Invalid("`file`: it is not uploaded yet")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_name_a_type_and_a_size() {
        for name in ["a.png", "Ünï cödé 👩.txt", "..", &"x".repeat(255)] {
            assert!(NewFile::new(name, "image/png", 1).is_ok(), "{name}");
        }
        for name in ["", " ", "a/b", "..\\x", "a\r\nb", "a\0", &"x".repeat(256)] {
            assert!(NewFile::new(name, "image/png", 1).is_err(), "{name}");
        }
        for kind in ["text/plain; charset=utf-8", "application/vnd.a+json", "x/y"] {
            assert!(NewFile::new("a", kind, MAX_SIZE).is_ok(), "{kind}");
        }
        for kind in [
            "",
            "text",
            "text/",
            "/plain",
            "text/plain/x",
            "text/pl ain",
            "text/plain;\nx",
            "text/plain; x=é",
            "te\"xt/plain",
            &format!("a/{}", "b".repeat(126)),
        ] {
            assert!(NewFile::new("a", kind, 1).is_err(), "{kind}");
        }
        for size in [0, MAX_SIZE + 1, u64::MAX] {
            assert!(NewFile::new("a", "a/b", size).is_err(), "{size}");
        }
    }
}
