//! The chats that a user sees, and those that its connections join.

use std::cmp::Reverse;

use super::super::{Conversation, ConversationState, index};
use super::{ChatGuard, ChatView};
use crate::conversation::directory;
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;
use crate::store::page_limit::PageLimit;
use crate::store::{Store, StoreError};

/// How many of a user's own chats are candidates for joining.
const MAX_CANDIDATES: usize = 500;

/// Which chats to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    #[default]
    All,
    /// Those that the user owns or is named a member of.
    Mine,
    /// Those that are open to every user of the `chats` channel.
    Open,
}

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
    scope: Scope,
    cursor: Option<&ChatId>,
    limit: Option<u64>,
) -> Result<ChatPage, StoreError> {
    let limit = PageLimit::new(limit).get();
    let mut ids = listed(store, user, scope, cursor, limit + 1).await?;
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let found = found(store, user, &ids).await?;
    let read = index::chat_reads(store, user, &ids).await?;
    let views = found.iter().map(|(id, guard, state)| {
        let read = read.get(id).map_or(0, |read| read.seq);
        ChatView::new(id, guard, &state.head, state.head.unread(user, read))
    });
    Ok(ChatPage {
        chats: views.collect(),
        next_cursor: ids.pop().filter(|_| has_more),
    })
}

/// The chats that a new connection joins, each with its membership number: of those that the user
/// owns or is named a member of, the `count` in which it last spoke or read, then the newest.
///
/// Costs two range reads in the user's partition and at most `count` reads of chats, 16 at a time.
pub async fn to_join(
    store: &dyn Store,
    user: &UserId,
    count: usize,
) -> Result<Vec<(ChatId, u64)>, StoreError> {
    let mut ids = listed(store, user, Scope::Mine, None, MAX_CANDIDATES).await?;
    let read = index::chat_reads(store, user, &ids).await?;
    // They come newest first, and a stable sort keeps that order among those never read.
    ids.sort_by_key(|id| Reverse(read.get(id).and_then(|read| read.at)));
    ids.truncate(count);
    let found = found(store, user, &ids).await?;
    let numbered = found
        .into_iter()
        .map(|(id, guard, _)| (id, guard.membership));
    Ok(numbered.collect())
}

async fn listed(
    store: &dyn Store,
    user: &UserId,
    scope: Scope,
    cursor: Option<&ChatId>,
    limit: usize,
) -> Result<Vec<ChatId>, StoreError> {
    let (open, own) = (index::open_chats(), directory::partition(user));
    let lists = match scope {
        Scope::All => vec![open, own],
        Scope::Mine => vec![own],
        Scope::Open => vec![open],
    };
    let reads = lists
        .iter()
        .map(|list| index::chats(store, list, cursor, limit));
    let mut ids = index::buffered(reads.collect()).await?.concat();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    ids.truncate(limit);
    Ok(ids)
}

/// The chats that exist and admit the user: a list may be behind.
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
