//! Clearing away what deleted conversations leave behind. It is out of everybody's sight since
//! the write that deleted it; this only frees the room it takes.
//!
//! What is to be cleared is kept in a list, so that no crash forgets it.

use serde::{Deserialize, Serialize};

use super::head::Head;
use super::room::RoomGuard;
use super::{Conversation, ConversationState, keys};
use crate::store::{
    BadRecord, Collection, Key, MAX_WRITES, Partition, Record, Store, StoreError, Write, WriteError,
};

/// What is stored of a conversation's earlier generations. Spelled as the queue message that may
/// ask for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Garbage {
    /// The conversation's group: a room's is its id.
    #[serde(rename = "room_id")]
    pub conversation: String,
    /// The last generation that is gone.
    pub generation: u64,
}

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    Some,
    All,
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

fn list() -> Partition {
    Partition::new(Collection::Settings, "leftovers")
}

/// Puts garbage on the list.
pub async fn note(store: &dyn Store, garbage: &Garbage) -> Result<(), WriteError> {
    let key = Key::new(garbage.conversation.clone());
    let write = Write::put(key, garbage)?;
    store.write(&list(), vec![write]).await
}

/// Clears away one batch of what is on the list.
pub async fn step(store: &dyn Store) -> Result<Swept, StoreError> {
    let keys = Key::literal("-")..Key::literal("~");
    let Some(entry) = store.range(&list(), keys, 1).await?.pop() else {
        return Ok(Swept::All);
    };
    let garbage: Garbage = entry.read()?;
    if clear(store, &garbage).await? == Swept::All {
        let Record { key, version, .. } = entry;
        // Put on the list again since: then it stays there.
        delete(store, &list(), vec![Write::Delete { key, version }]).await?;
    }
    Ok(Swept::Some)
}

/// Clears away one batch of these. Whatever `garbage` says, nothing that is alive is touched.
pub async fn clear(store: &dyn Store, garbage: &Garbage) -> Result<Swept, StoreError> {
    let Some(conversation) = Conversation::of_group(&garbage.conversation) else {
        return Ok(Swept::All);
    };
    let state = ConversationState::read(store, &conversation).await?;
    let end = state.head.generation.min(garbage.generation + 1);
    let partition = conversation.partition();
    for keys in keys::generations_before(end) {
        let records = store.range(&partition, keys, MAX_WRITES).await?;
        if !records.is_empty() {
            delete(store, &partition, records.into_iter().map(gone).collect()).await?;
            return Ok(Swept::Some);
        }
    }
    match &conversation {
        Conversation::Room(_) => clear_belongings(store, &partition, &state).await,
        Conversation::Chat(_) | Conversation::Session(_) => Ok(Swept::All),
    }
}

/// An invite, or a file's record: what says to which room as it once was it belongs.
#[derive(Debug, Deserialize)]
struct Belonging {
    guard: Option<u64>,
    #[serde(rename = "gen")]
    generation: Option<u64>,
}

/// What no generation's name is on: it opens, or belongs to, an earlier room.
async fn clear_belongings(
    store: &dyn Store,
    partition: &Partition,
    state: &ConversationState,
) -> Result<Swept, StoreError> {
    let guard: Option<RoomGuard> = state.guard()?;
    let number = guard.map_or(0, |guard| guard.number);
    let generation = state.head.generation;
    let is_old = |record: &Record| -> Result<bool, BadRecord> {
        let belonging: Belonging = record.read()?;
        Ok(belonging.guard.is_some_and(|it| it < number)
            || belonging.generation.is_some_and(|it| it < generation))
    };
    for prefix in [Key::literal("file:"), Key::literal("invite:")] {
        let mut keys = prefix.prefix_range();
        loop {
            let records = store.range(partition, keys.clone(), MAX_WRITES).await?;
            let Some(last) = records.last() else {
                break;
            };
            keys.start = last.key.successor();
            let mut old = Vec::new();
            for record in records {
                if is_old(&record)? {
                    old.push(gone(record));
                }
            }
            if !delete(store, partition, old).await? {
                return Ok(Swept::Some);
            }
        }
    }
    Ok(Swept::All)
}

fn gone(record: Record) -> Write {
    let Record { key, version, .. } = record;
    Write::Delete { key, version }
}

/// Whether it was as it was read. Another instance may be at it too.
async fn delete(
    store: &dyn Store,
    partition: &Partition,
    writes: Vec<Write>,
) -> Result<bool, StoreError> {
    if writes.is_empty() {
        return Ok(true);
    }
    match store.write(partition, writes).await {
        Ok(()) => Ok(true),
        Err(WriteError::Conflict { .. }) => Ok(false),
        Err(WriteError::NotDone(error) | WriteError::Unknown(error)) => Err(error),
    }
}
