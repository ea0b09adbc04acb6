//! What deleted conversations leave in the store. It is out of sight since the write that deleted
//! it. It is listed before that write, so that no crash forgets to remove it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Conversation;
use super::head::Head;
use crate::store::{Collection, Key, Partition, Record, Store, StoreError, Write, WriteError};

/// How long a deletion may be under way. One that takes longer has failed.
const DELETION_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// The records of a conversation's earlier generations. It has the form of the queue message that
/// asks for their removal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Garbage {
    /// The conversation's group: a room's is its id.
    #[serde(rename = "room_id")]
    pub conversation: String,
    /// The last generation that is gone.
    pub generation: u64,
}

impl Garbage {
    /// Everything before this head. A first generation has nothing before it.
    pub(super) fn before(conversation: &Conversation, head: &Head) -> Option<Self> {
        Some(Self {
            conversation: conversation.group(),
            generation: head.generation.checked_sub(1)?,
        })
    }
}

/// Garbage on the list.
pub(super) struct Listed {
    pub(super) garbage: Garbage,
    entry: Record,
    /// When it was found although the deletion was not done.
    undone_since: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    garbage: Garbage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undone_since: Option<Timestamp>,
}

fn list() -> Partition {
    Partition::new(Collection::Settings, "leftovers")
}

fn key(garbage: &Garbage) -> Key {
    Key::new(garbage.conversation.clone())
}

/// Puts garbage on the list: before the conversation is deleted.
pub(super) async fn note(store: &dyn Store, garbage: &Garbage) -> Result<(), WriteError> {
    let entry = Entry {
        garbage: garbage.clone(),
        undone_since: None,
    };
    let write = Write::put(key(garbage), &entry)?;
    store.write(&list(), vec![write]).await
}

/// The first garbage on the list.
pub(super) async fn listed(store: &dyn Store, limit: usize) -> Result<Vec<Listed>, StoreError> {
    let keys = Key::literal("-")..Key::literal("~");
    let records = store.range(&list(), keys, limit).await?;
    let read = |entry: Record| {
        let Entry {
            garbage,
            undone_since,
        } = entry.read()?;
        Ok(Listed {
            garbage,
            entry,
            undone_since,
        })
    };
    records.into_iter().map(read).collect()
}

/// Takes garbage off the list, unless a later deletion was listed.
pub(super) async fn forget(store: &dyn Store, garbage: &Garbage) -> Result<(), WriteError> {
    let Some(entry) = store.get(&list(), &key(garbage)).await? else {
        return Ok(());
    };
    let listed: Entry = entry.read()?;
    if listed.garbage.generation > garbage.generation {
        return Ok(());
    }
    remove(store, entry).await
}

impl Listed {
    /// The deletion is not done: it is under way, or it failed. After some time it is taken off
    /// the list.
    pub(super) async fn wait(self, store: &dyn Store, now: Timestamp) -> Result<(), WriteError> {
        match self.undone_since {
            Some(since) if now < since + DELETION_TIMEOUT => Ok(()),
            Some(_) => remove(store, self.entry).await,
            None => {
                let entry = Entry {
                    garbage: self.garbage,
                    undone_since: Some(now),
                };
                let Record { key, version, .. } = self.entry;
                let write = Write::replace(key, version, &entry)?;
                unless_changed(store.write(&list(), vec![write]).await)
            }
        }
    }
}

async fn remove(store: &dyn Store, entry: Record) -> Result<(), WriteError> {
    let Record { key, version, .. } = entry;
    let write = Write::Delete { key, version };
    unless_changed(store.write(&list(), vec![write]).await)
}

/// An entry that changed was listed again, and stays.
fn unless_changed(written: Result<(), WriteError>) -> Result<(), WriteError> {
    match written {
        Err(WriteError::Conflict { .. }) => Ok(()),
        other => other,
    }
}
