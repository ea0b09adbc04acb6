//! Uploads, and the messages that name them. Each upload is listed when it is declared; a day later it is
//! kept if a message names it, and removed otherwise.
//!
//! A message claims its file before it is stored: the claim names the message's dedup key, whose
//! record is written together with the message. So whether a message names the file is known
//! without another write beside the message.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file::{self, FileRecord, NewFile};
use super::keys::{self, DedupKey};
use super::{Conversation, ConversationError, ConversationState};
use crate::ids::user_id::UserId;
use crate::store::{Collection, Key, MAX_WRITES, Partition, Store, StoreError, Write, WriteError};

/// How long an upload may wait for a message that names it.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// A message that is on its way when the lifetime ends has this long to be stored.
const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// An upload on the list.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    /// The conversation's group.
    pub(super) conversation: String,
    pub(super) file: Uuid,
    /// Of the blob: the record may be gone.
    pub(super) path: String,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    #[serde(rename = "gen")]
    generation: u64,
    dedup_key: DedupKey,
}

pub(super) fn list() -> Partition {
    Partition::new(Collection::Settings, "uploads")
}

/// The keys of uploads that were declared so long before `now` that they are decided about.
pub(super) fn expired(now: Timestamp) -> Range<Key> {
    Key::literal("-")..Key::new(time(now - LIFETIME))
}

/// Sorts by time.
fn time(at: Timestamp) -> String {
    format!("{:012}", at.as_second().max(0))
}

/// Records a file that is about to be uploaded. A repeat changes nothing.
pub async fn declare(
    store: &dyn Store,
    place: &Conversation,
    state: &ConversationState,
    id: Uuid,
    file: NewFile,
    sender: &UserId,
    now: Timestamp,
) -> Result<FileRecord, ConversationError> {
    let record = FileRecord::new(file, sender, state.head.generation, now);
    // Listed first, so that no declared file is unlisted.
    note(store, place, id, &record).await?;
    let write = Write::insert(keys::file(id), &record)?;
    match store.write(&place.partition(), vec![write]).await {
        Ok(()) => Ok(record),
        // An earlier attempt of the same call: nobody else has this id.
        Err(error @ WriteError::Conflict { .. }) => {
            let found = file::find(store, place, id).await?;
            found.ok_or_else(|| error.into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn note(
    store: &dyn Store,
    conversation: &Conversation,
    id: Uuid,
    record: &FileRecord,
) -> Result<(), WriteError> {
    let key = Key::new(format!("{}:{id}", time(record.created_at())));
    let entry = Entry {
        conversation: conversation.group(),
        file: id,
        path: record.path(conversation, id),
    };
    let write = Write::put(key, &entry)?;
    store.write(&list(), vec![write]).await
}

/// Records that the message of this dedup key is about to name the file. Returns `false` if it is
/// too late: the upload is about to be removed.
pub(super) async fn claim(
    store: &dyn Store,
    conversation: &Conversation,
    id: Uuid,
    record: &FileRecord,
    dedup_key: &DedupKey,
    now: Timestamp,
) -> Result<bool, ConversationError> {
    if record.is_kept() {
        return Ok(true);
    }
    let is_late = now > record.created_at() + LIFETIME - GRACE;
    if is_late && !is_named(store, conversation, id).await? {
        return Ok(false);
    }
    let claim = Claim {
        generation: record.generation(),
        dedup_key: dedup_key.clone(),
    };
    let write = Write::put(keys::claim(id, dedup_key), &claim)?;
    store.write(&conversation.partition(), vec![write]).await?;
    Ok(true)
}

/// Whether one of the messages that claimed the file is stored.
pub(super) async fn is_named(
    store: &dyn Store,
    conversation: &Conversation,
    id: Uuid,
) -> Result<bool, StoreError> {
    let partition = conversation.partition();
    let mut keys = keys::claims(id);
    loop {
        let claims = store.range(&partition, keys.clone(), MAX_WRITES).await?;
        let Some(last) = claims.last() else {
            return Ok(false);
        };
        keys.start = last.key.successor();
        for claim in claims {
            let claim: Claim = claim.read()?;
            let key = keys::dedup(claim.generation, &claim.dedup_key);
            if store.get(&partition, &key).await?.is_some() {
                return Ok(true);
            }
        }
    }
}
