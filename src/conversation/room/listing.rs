//! The list of rooms that have a record. It may name a deleted room, but never lacks an existing one.

use serde::{Deserialize, Serialize};

use super::{RoomGuard, RoomRecord};
use crate::conversation::index::buffered;
use crate::conversation::{Conversation, ConversationState};
use crate::ids::target::RoomId;
use crate::store::page_limit::PageLimit;
use crate::store::{Collection, Key, Partition, Store, StoreError, Version, Write, WriteError};

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: RoomId,
}

/// A page of rooms, sorted by id.
#[derive(Debug)]
pub struct RoomPage {
    pub rooms: Vec<(RoomId, RoomRecord)>,
    /// Where the next page begins; `None` on the last.
    pub next_cursor: Option<RoomId>,
}

fn partition() -> Partition {
    Partition::new(Collection::Settings, "rooms")
}

fn key(id: &RoomId) -> Key {
    Key::new(format!("room:{id}"))
}

/// The rooms after `cursor`. A page may hold fewer than its limit without being the last.
pub async fn page(
    store: &dyn Store,
    cursor: Option<&RoomId>,
    limit: Option<u64>,
) -> Result<RoomPage, StoreError> {
    let limit = PageLimit::new(limit).get();
    let all = Key::literal("room:").prefix_range();
    let keys = cursor.map_or(all.start, |cursor| key(cursor).successor())..all.end;
    let records = store.range(&partition(), keys, limit + 1).await?;
    let ids = records
        .iter()
        .map(|r| r.read::<Entry>().map(|entry| entry.id));
    let mut ids: Vec<RoomId> = ids.collect::<Result<_, _>>()?;
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let reads = ids.iter().map(|id| async move {
        let record = record(store, id).await?;
        Ok(record.map(|record| (id.clone(), record)))
    });
    let found = buffered(reads.collect()).await?;
    Ok(RoomPage {
        rooms: found.into_iter().flatten().collect(),
        next_cursor: ids.pop().filter(|_| has_more),
    })
}

/// The record of a room, if it has one.
pub async fn record(store: &dyn Store, id: &RoomId) -> Result<Option<RoomRecord>, StoreError> {
    let state = ConversationState::read(store, &Conversation::Room(id.clone())).await?;
    let guard: Option<RoomGuard> = state.guard()?;
    Ok(guard.and_then(|guard| guard.record))
}

/// Adds a room to the list before it exists: a room that no list names would be lost.
pub(super) async fn enter(store: &dyn Store, id: &RoomId) -> Result<(), WriteError> {
    let write = Write::put(key(id), &Entry { id: id.clone() })?;
    store.write(&partition(), vec![write]).await
}

/// A room's entry, as it was before the room was deleted.
#[derive(Debug)]
pub(super) struct Place(Option<Version>);

pub(super) async fn place(store: &dyn Store, id: &RoomId) -> Result<Place, StoreError> {
    let found = store.get(&partition(), &key(id)).await?;
    Ok(Place(found.map(|record| record.version)))
}

/// Removes the entry, unless the room was added again in the meantime.
pub(super) async fn leave(store: &dyn Store, id: &RoomId, place: Place) {
    let Some(version) = place.0 else {
        return;
    };
    let key = key(id);
    match store
        .write(&partition(), vec![Write::Delete { key, version }])
        .await
    {
        Ok(()) | Err(WriteError::Conflict { .. }) => {}
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "room {id} stays on the list, which passes it over"
        ),
    }
}
