//! Removes uploads that no message named within a day.

use jiff::Timestamp;

use super::attachments::Attachments;
use super::file::FileRecord;
use super::uploads::{self, Entry};
use super::{Conversation, ConversationError, keys};
use crate::store::{MAX_WRITES, Partition, Store, Write, WriteError};

const MAX_EXPIRED: usize = 20;

/// Decides about some of the uploads that are a day old. Returns about how many.
pub(super) async fn expire(
    store: &dyn Store,
    attachments: &Attachments,
    now: Timestamp,
) -> Result<usize, ConversationError> {
    if attachments.check_available().is_err() {
        return Ok(0);
    }
    let (list, keys) = (uploads::list(), uploads::expired(now));
    let expired = store.range(&list, keys, MAX_EXPIRED).await?;
    let count = expired.len();
    for listed in expired {
        let entry: Entry = listed.read()?;
        decide(store, attachments, &entry).await?;
        write(store, &list, vec![Write::delete(listed)]).await?;
    }
    Ok(count)
}

async fn decide(
    store: &dyn Store,
    attachments: &Attachments,
    entry: &Entry,
) -> Result<(), ConversationError> {
    let id = entry.file;
    let Some(conversation) = Conversation::of_group(&entry.conversation) else {
        return Ok(());
    };
    let partition = conversation.partition();
    let is_named = uploads::is_named(store, &conversation, id).await?;
    if let Some(record) = store.get(&partition, &keys::file(id)).await? {
        let write_record = if is_named {
            let kept = record.read::<FileRecord>()?.kept();
            Write::replace(record.key, record.version, &kept)?
        } else {
            Write::delete(record)
        };
        write(store, &partition, vec![write_record]).await?;
    }
    if !is_named {
        attachments.delete(&entry.path).await?;
    }
    // Whether the message is there is known now.
    loop {
        let claims = store
            .range(&partition, keys::claims(id), MAX_WRITES)
            .await?;
        if claims.is_empty() {
            return Ok(());
        }
        write(
            store,
            &partition,
            claims.into_iter().map(Write::delete).collect(),
        )
        .await?;
    }
}

/// Another instance may do the same at the same time.
async fn write(
    store: &dyn Store,
    partition: &Partition,
    writes: Vec<Write>,
) -> Result<(), WriteError> {
    match store.write(partition, writes).await {
        Err(WriteError::Conflict { .. }) => Ok(()),
        other => other,
    }
}
