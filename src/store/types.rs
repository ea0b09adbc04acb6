//! The types of a store's interface: keys, records, writes and errors.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most writes of one [`Store::write`](super::Store::write): the limit of Table storage and of
/// Cosmos DB.
pub const MAX_WRITES: usize = 100;

/// The longest body, in bytes of UTF-8: a Table entity holds a megabyte, which counts each ASCII
/// character twice.
pub const MAX_BODY: usize = 400 * 1024;

/// A group of partitions with the same kind of record: a table, or a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Lists of chats that are open to every user.
    Chats,
    /// Conversations: their members and messages.
    Messages,
    /// Users: their profiles and lists of conversations.
    Users,
    /// Lists for the handler itself: the rooms, and deleted conversations to clean up.
    Settings,
    /// Requests that must not be processed twice.
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

/// Records that one write can change together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Partition {
    collection: Collection,
    name: String,
}

impl Partition {
    /// `name` is restricted to the characters of a [`Key`].
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

/// Names a record in its partition: 1 to 250 ASCII letters, digits, `.`, `_`, `-` and `:`. Every
/// backend accepts these in keys and sorts them by bytes. Names with other characters are hashed
/// first.
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

    /// The first key after this one: `-` sorts before every other character of a key.
    pub fn successor(&self) -> Self {
        Self(Cow::Owned(format!("{}-", self.0)))
    }

    /// All keys that begin with this one, as a range. `~` sorts after every character of a key.
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

/// Changes with every write of a record and never returns to an earlier value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub(super) String);

/// The versions that one write gave to its records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written(Vec<Option<Version>>);

impl Written {
    /// `versions` are those that the service returned, in the order of the writes.
    pub(super) fn new(
        writes: &[Write],
        versions: impl IntoIterator<Item = Option<Version>>,
    ) -> Self {
        let version = |(write, version): (&Write, Option<Version>)| match write {
            Write::Delete { .. } => None,
            Write::Insert { .. } | Write::Replace { .. } | Write::Put { .. } => version,
        };
        Self(writes.iter().zip(versions).map(version).collect())
    }

    /// Of the record of the write at this position. `None` if it was deleted, or if the service
    /// did not return the version; then a read does.
    pub fn version(&self, position: usize) -> Option<&Version> {
        self.0.get(position)?.as_ref()
    }
}

/// A record as read. The body is JSON text of at most [`MAX_BODY`] bytes. A store returns the same
/// JSON value that was written, with every number exact; spacing, order and escapes may differ.
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

/// One change, and the state that it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The record must not exist.
    Insert { key: Key, body: String },
    /// The record must have this version.
    Replace {
        key: Key,
        version: Version,
        body: String,
    },
    /// Writes the record whether it exists or not.
    Put { key: Key, body: String },
    /// The record must have this version.
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

    /// Deletes the record if it still is as it was read.
    pub fn delete(record: Record) -> Self {
        let Record { key, version, .. } = record;
        Self::Delete { key, version }
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
    /// The backend answered with an error: bad credentials, a full disk, throttling.
    #[error("the store refused: {0}")]
    Refused(String),
    #[error(transparent)]
    BadRecord(#[from] BadRecord),
}

/// A write failed, or its outcome is unknown.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The write at this position, the first of those that failed, did not find the state that it
    /// expects. Nothing was written.
    #[error("write {position} conflicts with the stored record")]
    Conflict { position: usize },
    /// Nothing was written.
    #[error("nothing was written")]
    NotDone(#[source] StoreError),
    /// The connection broke or the call timed out after the write was sent: it may be done, or may
    /// still be done later. A read tells whether it was; once a record's version has changed, a
    /// write that expects the old version can no longer be done.
    #[error("the outcome of the write is unknown")]
    Unknown(#[source] StoreError),
}

/// For failures while a write is prepared.
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
