//! Files that messages bring along. Their content lies in blob storage; here is what was said of
//! one before it was uploaded, which counts from then on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attachment::{Attachment, FileNote};
use super::{Conversation, ConversationError, ConversationState, keys};
use crate::ids::user_id::{self, UserId};
use crate::store::{Store, StoreError, Write, WriteError};

pub const MAX_SIZE: u64 = 100 * 1024 * 1024;
const MAX_NAME: usize = 255;
const MAX_CONTENT_TYPE: usize = 127;

/// What somebody wants to upload, within its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    name: String,
    content_type: String,
    size: u64,
}

/// What is stored of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    pub name: String,
    pub content_type: String,
    pub size: u64,
    #[serde(deserialize_with = "user_id::sender")]
    sender: UserId,
    /// A room that is made anew has none of the old one's files.
    #[serde(rename = "gen")]
    generation: u64,
    created_at: Timestamp,
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

/// Takes note of a file that is to be uploaded. The same again changes nothing.
pub async fn declare(
    store: &dyn Store,
    place: &Conversation,
    state: &ConversationState,
    id: Uuid,
    file: NewFile,
    sender: &UserId,
    now: Timestamp,
) -> Result<FileRecord, ConversationError> {
    let record = FileRecord {
        name: file.name,
        content_type: file.content_type,
        size: file.size,
        sender: sender.clone(),
        generation: state.head.generation,
        created_at: now,
    };
    let write = Write::insert(keys::file(id), &record)?;
    match store.write(&place.partition(), vec![write]).await {
        Ok(()) => Ok(record),
        // An earlier try of the same call. Nobody else has this id.
        Err(error @ WriteError::Conflict { .. }) => {
            find(store, place, id).await?.ok_or_else(|| error.into())
        }
        Err(error) => Err(error.into()),
    }
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
    /// Where its content lies. What belongs to a room that is gone has one beginning.
    pub fn path(&self, place: &Conversation, id: Uuid) -> String {
        let (kind, name) = match place {
            Conversation::Room(id) => ("room", id.as_str()),
            Conversation::Chat(id) => ("chat", id.as_str()),
            Conversation::Session(id) => ("session", id.as_str()),
        };
        format!("{kind}/{name}/{}/{id}", self.generation)
    }

    /// Whether it belongs to what the conversation is now.
    pub fn is_of(&self, state: &ConversationState) -> bool {
        self.generation == state.head.generation
    }

    pub fn is_by(&self, sender: &UserId) -> bool {
        self.sender == *sender
    }

    /// What a message says of it, once so much was uploaded.
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
