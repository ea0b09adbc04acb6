//! The lists of a user's conversations, and how far the user has read in each. A list only says
//! where to look: the conversation itself decides who may take part.

use std::collections::HashMap;
use std::future::Future;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Conversation;
use crate::conversation::directory;
use crate::ids::target::{ChatId, SessionId};
use crate::ids::user_id::UserId;
use crate::store::conflicts::Conflicts;
use crate::store::{Collection, Key, Partition, Store, StoreError, Write, WriteError};

/// How many records in different partitions are read at the same time.
const CONCURRENCY: usize = 16;

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    Chat(ChatId),
    Session(SessionId),
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: String,
}

/// How far a user has read in a conversation.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Read {
    pub(super) seq: u64,
    /// When the user last read further, or spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Timestamp>,
}

impl Listed {
    fn key(&self) -> Key {
        match self {
            Self::Chat(id) => Key::new(format!("chat:{}", newest_first(id))),
            Self::Session(id) => Key::new(format!("session:{id}")),
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Chat(id) => id.to_string(),
            Self::Session(id) => id.to_string(),
        }
    }
}

/// The list of the chats that every user of the `chats` channel sees.
pub(super) fn open_chats() -> Partition {
    Partition::new(Collection::Chats, "open")
}

/// Stores list in ascending order only. Chat ids begin with the time, in hex digits, so their
/// complements list the newest first.
fn newest_first(id: &ChatId) -> String {
    let digit = |c: char| c.to_digit(16).and_then(|d| char::from_digit(15 - d, 16));
    let turned = id.as_str().chars().map(|c| digit(c).unwrap_or(c));
    turned.collect()
}

pub(super) async fn add(
    store: &dyn Store,
    user: &UserId,
    listed: &Listed,
) -> Result<(), WriteError> {
    add_to(store, &directory::partition(user), listed).await
}

pub(super) async fn add_to(
    store: &dyn Store,
    list: &Partition,
    listed: &Listed,
) -> Result<(), WriteError> {
    let entry = Entry { id: listed.id() };
    let write = Write::put(listed.key(), &entry)?;
    store.write(list, vec![write]).await
}

/// Adds a conversation to several lists.
pub(super) async fn add_to_all(
    store: &dyn Store,
    lists: Vec<Partition>,
    listed: &Listed,
) -> Result<(), WriteError> {
    let adding = lists
        .into_iter()
        .map(|list| async move { add_to(store, &list, listed).await });
    let adding: Vec<_> = adding.collect();
    stream::iter(adding)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}

/// Removes a conversation from a list, if it is on it.
pub(super) async fn remove_from(
    store: &dyn Store,
    list: &Partition,
    listed: &Listed,
) -> Result<(), WriteError> {
    let key = listed.key();
    let found = store.get(list, &key).await.map_err(WriteError::NotDone)?;
    let Some(record) = found else {
        return Ok(());
    };
    let version = record.version;
    match store
        .write(list, vec![Write::Delete { key, version }])
        .await
    {
        // Another call removed the entry, or added it again.
        Err(WriteError::Conflict { .. }) => Ok(()),
        done => done,
    }
}

/// The chats of a list after `cursor`, newest first.
pub(super) async fn chats(
    store: &dyn Store,
    list: &Partition,
    cursor: Option<&ChatId>,
    limit: usize,
) -> Result<Vec<ChatId>, StoreError> {
    let all = Key::literal("chat:").prefix_range();
    let keys = match cursor {
        // A `.` sorts before every character of an id, so this is just behind the cursor.
        Some(cursor) => Key::new(format!("chat:{}.", newest_first(cursor)))..all.end,
        None => all,
    };
    let records = store.range(list, keys, limit).await?;
    let entries = records.iter().map(|record| record.read::<Entry>());
    let ids = entries.collect::<Result<Vec<_>, _>>()?;
    Ok(ids.iter().filter_map(|e| e.id.parse().ok()).collect())
}

pub(super) async fn sessions(
    store: &dyn Store,
    user: &UserId,
    limit: usize,
) -> Result<Vec<SessionId>, StoreError> {
    let keys = Key::literal("session:").prefix_range();
    let records = store
        .range(&directory::partition(user), keys, limit)
        .await?;
    let entries = records.iter().map(|record| record.read::<Entry>());
    let ids = entries.collect::<Result<Vec<_>, _>>()?;
    Ok(ids.iter().filter_map(|e| e.id.parse().ok()).collect())
}

fn read_key(conversation: &Conversation) -> Key {
    Key::new(match conversation {
        Conversation::Room(id) => format!("read:room:{id}"),
        Conversation::Chat(id) => format!("read:chat:{}", newest_first(id)),
        Conversation::Session(id) => format!("read:session:{id}"),
    })
}

/// How far `user` has read; 0 if nothing.
pub async fn read_position(
    store: &dyn Store,
    user: &UserId,
    conversation: &Conversation,
) -> Result<u64, StoreError> {
    let key = read_key(conversation);
    let found = store.get(&directory::partition(user), &key).await?;
    let read: Option<Read> = found.map(|record| record.read()).transpose()?;
    Ok(read.map_or(0, |read| read.seq))
}

/// How far `user` has read in each of these chats, which are listed newest first.
pub(super) async fn chat_reads(
    store: &dyn Store,
    user: &UserId,
    chats: &[ChatId],
) -> Result<HashMap<ChatId, Read>, StoreError> {
    let Some((first, last)) = chats.first().zip(chats.last()) else {
        return Ok(HashMap::new());
    };
    let key = |chat: &ChatId| read_key(&Conversation::Chat(chat.clone()));
    let keys = key(first)..key(last).prefix_range().end;
    // Other chats may lie between them.
    let max = 10 * chats.len();
    let records = store.range(&directory::partition(user), keys, max).await?;
    let by_key: HashMap<_, _> = chats.iter().map(|chat| (key(chat), chat)).collect();
    let mut reads = HashMap::new();
    for record in records {
        if let Some(chat) = by_key.get(&record.key) {
            reads.insert((*chat).clone(), record.read()?);
        }
    }
    Ok(reads)
}

/// Records how far `user` has read. Positions only go forward: two devices may report in any
/// order.
pub async fn set_read_position(
    store: &dyn Store,
    user: &UserId,
    conversation: &Conversation,
    seq: u64,
    now: Timestamp,
) -> Result<(), WriteError> {
    let (partition, key) = (directory::partition(user), read_key(conversation));
    let mut conflicts = Conflicts::default();
    let read = Read { seq, at: Some(now) };
    loop {
        let write = match store.get(&partition, &key).await? {
            None => Write::insert(key.clone(), &read)?,
            Some(record) if record.read::<Read>()?.seq >= seq => return Ok(()),
            Some(record) => Write::replace(key.clone(), record.version, &read)?,
        };
        match store.write(&partition, vec![write]).await {
            Ok(()) => return Ok(()),
            Err(error) => conflicts.retry_after(error).await?,
        }
    }
}

/// Makes several reads at a time, and returns their results in the same order.
pub(super) async fn buffered<T>(
    reads: Vec<impl Future<Output = Result<T, StoreError>>>,
) -> Result<Vec<T>, StoreError> {
    stream::iter(reads)
        .buffered(CONCURRENCY)
        .try_collect()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_chats_come_first() {
        let earlier: ChatId = "0199a0000000700080000000000000ff".parse().unwrap();
        let later: ChatId = "0199a0000001700080000000000000ff".parse().unwrap();

        assert!(Listed::Chat(later).key() < Listed::Chat(earlier).key());
    }
}
