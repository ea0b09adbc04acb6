//! Which chats somebody has.

use std::cmp::Reverse;

use super::super::{Conversation, ConversationState, index};
use super::{ChatGuard, ChatView};
use crate::conversation::directory;
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;
use crate::store::{Store, StoreError};

const DEFAULT_LIMIT: u64 = 50;
const MOST: u64 = 200;

/// Some of a user's chats, newest created first.
#[derive(Debug)]
pub struct ChatPage {
    pub chats: Vec<ChatView>,
    /// Where the next page begins; `None` on the last.
    pub next_cursor: Option<ChatId>,
}

pub async fn list(
    store: &dyn Store,
    user: &UserId,
    cursor: Option<&ChatId>,
    limit: Option<u64>,
) -> Result<ChatPage, StoreError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut ids = listed(store, user, cursor, limit + 1).await?;
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let found = found(store, user, &ids).await?;
    let read = index::chat_read_positions(store, user, &ids).await?;
    let views = found.iter().map(|(id, guard, state)| {
        let read = read.get(id).copied().unwrap_or(0);
        ChatView::new(id, guard, &state.head, state.head.unread(user, read))
    });
    Ok(ChatPage {
        chats: views.collect(),
        next_cursor: ids.pop().filter(|_| has_more),
    })
}

/// The chats that were last spoken in, among the newest 200.
pub async fn most_active(
    store: &dyn Store,
    user: &UserId,
    count: usize,
) -> Result<Vec<ChatId>, StoreError> {
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let ids = listed(store, user, None, most).await?;
    let mut found = found(store, user, &ids).await?;
    found.sort_by_key(|(_, guard, state)| {
        Reverse(state.head.last_message_at.unwrap_or(guard.created_at))
    });
    let ids = found.into_iter().map(|(id, _, _)| id);
    Ok(ids.take(count).collect())
}

/// Open chats and the user's own, in one order.
async fn listed(
    store: &dyn Store,
    user: &UserId,
    cursor: Option<&ChatId>,
    limit: usize,
) -> Result<Vec<ChatId>, StoreError> {
    let (open, own) = (index::open_chats(), directory::partition(user));
    let (open, own) = tokio::try_join!(
        index::chats(store, &open, cursor, limit),
        index::chats(store, &own, cursor, limit)
    )?;
    let mut ids: Vec<_> = open.into_iter().chain(own).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    ids.truncate(limit);
    Ok(ids)
}

/// Those that are there and admit the user: a list may be behind.
async fn found(
    store: &dyn Store,
    user: &UserId,
    ids: &[ChatId],
) -> Result<Vec<(ChatId, ChatGuard, ConversationState)>, StoreError> {
    let reads = ids.iter().map(|id| async move {
        let state = ConversationState::read(store, &Conversation::Chat(id.clone())).await?;
        let guard: Option<ChatGuard> = state.guard()?;
        let there = guard.filter(|guard| !guard.deleted && guard.admits(user));
        Ok(there.map(|guard| (id.clone(), guard, state)))
    });
    let found = index::buffered(reads.collect()).await?;
    Ok(found.into_iter().flatten().collect())
}
