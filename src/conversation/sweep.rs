//! Removes what deleted conversations left behind, a batch at a time: records, and the files that
//! belong to them.

use std::ops::ControlFlow;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Deserialize;

use super::attachments::Attachments;
use super::file::FileRecord;
use super::garbage::{self, Garbage};
use super::room::RoomGuard;
use super::{Conversation, ConversationError, ConversationState, expiry, keys};
use crate::store::{
    BadRecord, Key, MAX_WRITES, Partition, Record, Store, StoreError, Write, WriteError,
};

/// How many deletions that are not done a step looks past.
const MAX_LISTED: usize = 50;
/// How many blobs are deleted at the same time.
const CONCURRENCY: usize = 8;

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    Some,
    All,
    /// The conversation is not deleted, perhaps not yet. What was deleted before is removed.
    NotDeleted,
}

/// Removes one batch of what is listed: garbage of deleted conversations first, then uploads that
/// no message names.
pub async fn step(
    store: &dyn Store,
    attachments: &Attachments,
    now: Timestamp,
) -> Result<Swept, ConversationError> {
    for listed in garbage::listed(store, MAX_LISTED).await? {
        match clear(store, attachments, &listed.garbage).await? {
            Swept::Some => return Ok(Swept::Some),
            Swept::All => {
                garbage::forget(store, &listed.garbage).await?;
                return Ok(Swept::Some);
            }
            Swept::NotDeleted => listed.wait(store, now).await?,
        }
    }
    match expiry::expire(store, attachments, now).await? {
        0 => Ok(Swept::All),
        _ => Ok(Swept::Some),
    }
}

/// Removes all of this garbage, and takes it off the list. Breaks off after a batch for which
/// `goes_on` says no; then there is more.
pub async fn clear_all(
    store: &dyn Store,
    attachments: &Attachments,
    garbage: &Garbage,
    goes_on: impl Fn() -> bool,
) -> Result<ControlFlow<()>, ConversationError> {
    while clear(store, attachments, garbage).await? == Swept::Some {
        if !goes_on() {
            return Ok(ControlFlow::Break(()));
        }
    }
    let conversation = Conversation::of_group(&garbage.conversation);
    if let Some(conversation) = conversation
        && ConversationState::read(store, &conversation)
            .await?
            .head
            .generation
            > garbage.generation
    {
        garbage::forget(store, garbage).await?;
    }
    Ok(ControlFlow::Continue(()))
}

/// Removes one batch. Whatever `garbage` says, nothing that is alive is touched.
async fn clear(
    store: &dyn Store,
    attachments: &Attachments,
    garbage: &Garbage,
) -> Result<Swept, ConversationError> {
    let Some(conversation) = Conversation::of_group(&garbage.conversation) else {
        return Ok(Swept::All);
    };
    let state = ConversationState::read(store, &conversation).await?;
    let end = state.head.generation.min(garbage.generation + 1);
    let partition = conversation.partition();
    for keys in keys::generations_before(end) {
        let records = store.range(&partition, keys, MAX_WRITES).await?;
        if !records.is_empty() {
            delete(
                store,
                &partition,
                records.into_iter().map(Write::delete).collect(),
            )
            .await?;
            return Ok(Swept::Some);
        }
    }
    if clear_belongings(store, attachments, &conversation, &state).await? == Swept::Some {
        return Ok(Swept::Some);
    }
    let is_deleted = state.head.generation > garbage.generation;
    Ok(if is_deleted {
        Swept::All
    } else {
        Swept::NotDeleted
    })
}

/// An invite, a file's record or a claim, each of which names the guard or generation it belongs to.
#[derive(Debug, Deserialize)]
struct Belonging {
    guard: Option<u64>,
    #[serde(rename = "gen")]
    generation: Option<u64>,
}

/// Removes records whose keys name no generation, but which open, or belong to, an earlier one.
async fn clear_belongings(
    store: &dyn Store,
    attachments: &Attachments,
    conversation: &Conversation,
    state: &ConversationState,
) -> Result<Swept, ConversationError> {
    let number = match conversation {
        Conversation::Room(_) => {
            let guard: Option<RoomGuard> = state.guard()?;
            guard.map_or(0, |guard| guard.number)
        }
        Conversation::Chat(_) | Conversation::Session(_) => 0,
    };
    let generation = state.head.generation;
    let is_old = |record: &Record| -> Result<bool, BadRecord> {
        let belonging: Belonging = record.read()?;
        Ok(belonging.guard.is_some_and(|it| it < number)
            || belonging.generation.is_some_and(|it| it < generation))
    };
    let partition = conversation.partition();
    for prefix in ["file:", "claim:", "invite:"] {
        let mut keys = Key::literal(prefix).prefix_range();
        loop {
            let records = store.range(&partition, keys.clone(), MAX_WRITES).await?;
            let Some(last) = records.last() else {
                break;
            };
            keys.start = last.key.successor();
            let mut old = Vec::new();
            for record in records {
                if is_old(&record)? {
                    old.push(record);
                }
            }
            if old.is_empty() {
                continue;
            }
            if prefix == "file:" {
                delete_blobs(attachments, conversation, &old).await?;
            }
            delete(
                store,
                &partition,
                old.into_iter().map(Write::delete).collect(),
            )
            .await?;
            return Ok(Swept::Some);
        }
    }
    Ok(Swept::All)
}

/// The blobs go before the records that name them.
async fn delete_blobs(
    attachments: &Attachments,
    conversation: &Conversation,
    records: &[Record],
) -> Result<(), ConversationError> {
    let mut paths = Vec::new();
    for record in records {
        if let Some(id) = keys::file_id(&record.key) {
            let file: FileRecord = record.read()?;
            paths.push(file.path(conversation, id));
        }
    }
    stream::iter(paths)
        .map(|path| async move { attachments.delete(&path).await })
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}

/// Another instance may be removing the same records; then the next batch finds what is left.
async fn delete(
    store: &dyn Store,
    partition: &Partition,
    writes: Vec<Write>,
) -> Result<(), StoreError> {
    match store.write(partition, writes).await {
        Ok(()) | Err(WriteError::Conflict { .. }) => Ok(()),
        Err(WriteError::NotDone(error) | WriteError::Unknown(error)) => Err(error),
    }
}
