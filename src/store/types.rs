//! The words that a store is spoken to in.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What one [`Store::write`](super::Store::write) may hold: Table storage and Cosmos DB both stop
/// at a hundred.
pub const MAX_WRITES: usize = 100;

/// What one body may hold, in bytes of UTF-8: a Table entity's megabyte counts each ASCII
/// character twice.
pub const MAX_BODY: usize = 400 * 1024;

/// A group of partitions that hold the same kind of thing: a table, or a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Which chats there are.
    Chats,
    /// Conversations: who may take part, and what was said.
    Messages,
    /// What is known of a user.
    Users,
    /// Which rooms were set up.
    Settings,
    /// What was done already and must not be done again.
    Processed,
}

impl Collection {
    pub const ALL: [Self; 5] = [
        Self::Chats,
        Self::Messages,
        Self::Users,
        Self::Settings,
        Self::Processed,
    ];
}

/// Records that can be written together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Partition {
    collection: Collection,
    name: String,
}

impl Partition {
    /// `name` keeps to [`Key`]'s characters.
    pub fn new(collection: Collection, name: impl Into<String>) -> Self {
        let name = name.into();
        debug_assert!(is_safe(&name), "{name} cannot name a partition");
        Self { collection, name }
    }

    pub fn collection(&self) -> Collection {
        self.collection
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Names a record in its partition: 1 to 250 ASCII letters, digits, `.`, `_`, `-` and `:`, which
/// survive as a key everywhere and sort alike by bytes. What may hold others is hashed first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Cow<'static, str>);

impl Key {
    pub const fn literal(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        debug_assert!(is_safe(&name), "{name} cannot be a key");
        Self(Cow::Owned(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The least key behind this one: `-` sorts before every other character that one may hold.
    pub fn successor(&self) -> Self {
        Self(Cow::Owned(format!("{}-", self.0)))
    }

    /// All keys that begin with this one, as a range. No key holds a `~`, which sorts behind
    /// every character that one may hold.
    pub fn prefix_range(&self) -> std::ops::Range<Self> {
        self.clone()..Self(Cow::Owned(format!("{}~", self.0)))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_safe(name: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-:".contains(&b);
    matches!(name.len(), 1..=250) && name.bytes().all(safe)
}

/// Changes with every write of a record, and never comes back to what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub(super) String);

/// What a store gives back. The body is JSON text, at most [`MAX_BODY`] of it. It comes back
/// as the same value, with every number as exact as it was; its bytes may differ in how they are
/// spaced, ordered and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub key: Key,
    pub version: Version,
    pub body: String,
}

/// A record whose body does not convert to or from its type.
#[derive(Debug, thiserror::Error)]
#[error("the record {key} is malformed")]
pub struct BadRecord {
    key: String,
    source: serde_json::Error,
}

impl Record {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, BadRecord> {
        serde_json::from_str(&self.body).map_err(|source| BadRecord {
            key: self.key.to_string(),
            source,
        })
    }
}

/// One change, with what it expects to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Nothing may be there.
    Insert { key: Key, body: String },
    /// Exactly this version must be there.
    Replace {
        key: Key,
        version: Version,
        body: String,
    },
    /// Whatever is there, or nothing.
    Put { key: Key, body: String },
    /// Exactly this version must be there.
    Delete { key: Key, version: Version },
}

impl Write {
    pub fn insert(key: Key, value: &impl Serialize) -> Result<Self, StoreError> {
        let body = body(&key, value)?;
        Ok(Self::Insert { key, body })
    }

    pub fn replace(key: Key, version: Version, value: &impl Serialize) -> Result<Self, StoreError> {
        let body = body(&key, value)?;
        Ok(Self::Replace { key, version, body })
    }

    pub fn put(key: Key, value: &impl Serialize) -> Result<Self, StoreError> {
        let body = body(&key, value)?;
        Ok(Self::Put { key, body })
    }

    pub fn key(&self) -> &Key {
        match self {
            Self::Insert { key, .. }
            | Self::Replace { key, .. }
            | Self::Put { key, .. }
            | Self::Delete { key, .. } => key,
        }
    }
}

fn body(key: &Key, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| {
        StoreError::BadRecord(BadRecord {
            key: key.to_string(),
            source,
        })
    })
}

/// The backend failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the store took too long")]
    TooLong,
    /// It answered, but not what was hoped for: bad credentials, a full disk, throttling.
    #[error("the store refused: {0}")]
    Refused(String),
    #[error(transparent)]
    BadRecord(#[from] BadRecord),
}

/// A write was not done, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The write at this position, the first that did not, found something else than it expected.
    /// Nothing was written.
    #[error("write {position} came too late")]
    Conflict { position: usize },
    /// Nothing was written.
    #[error("nothing was written")]
    NotDone(#[source] StoreError),
    /// The connection broke, or time ran out, after the write had gone out: it may be done, or
    /// be done yet. A read tells; what expected a version that has moved on can no longer be done.
    #[error("it is not known whether it was written")]
    Unknown(#[source] StoreError),
}

/// For what fails while a write is still being prepared.
impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::NotDone(error)
    }
}

impl From<BadRecord> for WriteError {
    fn from(error: BadRecord) -> Self {
        Self::NotDone(error.into())
    }
}
