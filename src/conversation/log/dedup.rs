//! Recognises messages that an earlier try stored, perhaps in another instance.

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::keys::{self, DedupKey};
use super::super::message::Message;
use super::super::{Conversation, ConversationState};
use super::pending::Pending;
use crate::store::{Store, StoreError};

/// Says under which number the message with a dedup key was stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DedupRecord {
    pub(super) seq: u64,
    pub(super) uuid: Uuid,
}

/// The messages of a batch that are stored already, with their positions. One repeat is often
/// followed by more, as after a crash, so every draft from the first known one on is looked up.
pub(super) async fn find(
    store: &dyn Store,
    conversation: &Conversation,
    state: &ConversationState,
    batch: &[Pending],
    first: usize,
) -> Result<Vec<(usize, Message)>, StoreError> {
    let generation = state.head.generation;
    let lookups = batch
        .iter()
        .enumerate()
        .skip(first)
        .map(|(index, pending)| async move {
            let key = &pending.draft.dedup_key;
            let message = stored_message(store, conversation, generation, key).await?;
            Ok::<_, StoreError>(message.map(|message| (index, message)))
        });
    Ok(try_join_all(lookups).await?.into_iter().flatten().collect())
}

pub(super) async fn stored_message(
    store: &dyn Store,
    conversation: &Conversation,
    generation: u64,
    key: &DedupKey,
) -> Result<Option<Message>, StoreError> {
    let partition = conversation.partition();
    let key = keys::dedup(generation, key);
    let Some(record) = store.get(&partition, &key).await? else {
        return Ok(None);
    };
    let DedupRecord { seq, .. } = record.read()?;
    let key = keys::message(generation, seq);
    let record = store.get(&partition, &key).await?;
    Ok(record.map(|record| record.read()).transpose()?)
}
