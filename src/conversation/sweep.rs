//! Removes the garbage of deleted conversations, a batch at a time.

use serde::Deserialize;

use super::garbage::{self, Garbage};
use super::room::RoomGuard;
use super::{Conversation, ConversationState, keys};
use crate::store::{
    BadRecord, Key, MAX_WRITES, Partition, Record, Store, StoreError, Write, WriteError,
};

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    Some,
    All,
}

/// Clears away one batch of what is on the list.
pub async fn step(store: &dyn Store) -> Result<Swept, StoreError> {
    let keys = Key::literal("-")..Key::literal("~");
    let Some(entry) = store.range(&garbage::list(), keys, 1).await?.pop() else {
        return Ok(Swept::All);
    };
    let garbage: Garbage = entry.read()?;
    if clear(store, &garbage).await? == Swept::All {
        let Record { key, version, .. } = entry;
        // Put on the list again since: then it stays there.
        delete(
            store,
            &garbage::list(),
            vec![Write::Delete { key, version }],
        )
        .await?;
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
