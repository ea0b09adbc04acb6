//! The changes that a chat's owner makes: rename, set the members, delete.

use super::super::garbage::{self, Garbage};
use super::super::index::{self, Listed};
use super::super::question::claim;
use super::super::{ConversationError, ConversationState};
use super::{ChatGuard, ChatView, check_name, conversation, member_list};
use crate::conversation::directory;
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;
use crate::store::conflicts::Conflicts;
use crate::store::{Store, Write};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Rename(String),
    Members(Vec<UserId>),
    Delete,
}

/// A chat after a change.
#[derive(Debug, Clone)]
pub struct Changed {
    pub guard: ChatGuard,
    pub view: ChatView,
    /// The stored records of a deleted chat.
    pub garbage: Option<Garbage>,
}

/// Changes a chat. After losing a race against another change it starts again.
pub async fn change(
    store: &dyn Store,
    id: &ChatId,
    user: &UserId,
    change: &Change,
) -> Result<Changed, ConversationError> {
    let conversation = conversation(id);
    let mut conflicts = Conflicts::default();
    loop {
        let state = ConversationState::read(store, &conversation).await?;
        let before = owned(&state, user, change)?;
        let after = changed(&before, change)?;
        list_for_newcomers(store, id, &before, &after).await?;
        let mut head = state.head.clone();
        let mut left = None;
        if after.deleted {
            if !before.deleted {
                head = state.head.after_deletion();
            }
            left = Garbage::before(&conversation, &head);
            if let Some(garbage) = &left {
                garbage::note(store, garbage).await?;
            }
        }
        let mut writes = state.change_guard(&after, &head)?;
        if after.deleted {
            writes.extend(end_claims(store, id, &state).await?);
        }
        if let Err(error) = store.write(&conversation.partition(), writes).await {
            conflicts.retry_after(error).await?;
            continue;
        }
        let changed = finish(store, id, &before, after, &state, user).await?;
        return Ok(Changed {
            garbage: left,
            ..changed
        });
    }
}

/// Whoever answers a question in a chat that is deleted learns it with its next write.
async fn end_claims(
    store: &dyn Store,
    id: &ChatId,
    state: &ConversationState,
) -> Result<Vec<Write>, ConversationError> {
    let generation = state.head.generation;
    let mut writes = Vec::new();
    for question in state.head.questions.iter() {
        let claim = claim::read(store, &conversation(id), generation, question.seq).await?;
        writes.extend(claim.map(|(_, record)| Write::delete(record)));
    }
    Ok(writes)
}

fn owned(
    state: &ConversationState,
    user: &UserId,
    change: &Change,
) -> Result<ChatGuard, ConversationError> {
    const NO_SUCH_CHAT: ConversationError = ConversationError::NotFound("there is no such chat");
    let guard: ChatGuard = state.guard()?.ok_or(NO_SUCH_CHAT)?;
    if guard.owner != *user {
        return Err(if guard.admits(user) && !guard.deleted {
            ConversationError::Forbidden("only the chat's owner may do that")
        } else {
            NO_SUCH_CHAT
        });
    }
    // Deleting again does no harm: the answer to the first call may have been lost.
    if guard.deleted && !matches!(change, Change::Delete) {
        return Err(NO_SUCH_CHAT);
    }
    Ok(guard)
}

fn changed(before: &ChatGuard, change: &Change) -> Result<ChatGuard, ConversationError> {
    let mut after = before.clone();
    match change {
        Change::Rename(name) => after.name = check_name(name)?.to_owned(),
        Change::Members(members) => {
            after.members = Some(member_list(&before.owner, members.clone())?);
            if after.members != before.members {
                after.membership += 1;
            }
        }
        Change::Delete => after.deleted = true,
    }
    Ok(after)
}

fn members(guard: &ChatGuard) -> &[UserId] {
    guard.members.as_deref().unwrap_or_default()
}

/// Adds the chat to the lists of new members before they become members, so that no member ever
/// lacks it.
async fn list_for_newcomers(
    store: &dyn Store,
    id: &ChatId,
    before: &ChatGuard,
    after: &ChatGuard,
) -> Result<(), ConversationError> {
    let listed = Listed::Chat(id.clone());
    let new = |user: &&UserId| !members(before).contains(user);
    let newcomers = members(after).iter().filter(new);
    let lists = newcomers.map(directory::partition).collect();
    index::add_to_all(store, lists, &listed).await?;
    Ok(())
}

/// Removes the chat from lists. An entry that stays is skipped when the list is read, so a failure
/// here only costs time.
async fn finish(
    store: &dyn Store,
    id: &ChatId,
    before: &ChatGuard,
    after: ChatGuard,
    state: &ConversationState,
    user: &UserId,
) -> Result<Changed, ConversationError> {
    let gone = |user: &&UserId| after.deleted || !members(&after).contains(user);
    let removed = members(before).iter().filter(gone);
    let listed = Listed::Chat(id.clone());
    let mut lists: Vec<_> = removed.map(directory::partition).collect();
    if before.members.is_none() && after.deleted {
        lists.push(directory::partition(&before.owner));
    }
    if before.members.is_none() && (after.deleted || after.members.is_some()) {
        lists.push(index::open_chats());
    }
    for list in lists {
        if let Err(error) = index::remove_from(store, &list, &listed).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "chat {id} stays on a list that it should leave"
            );
        }
    }
    let read = index::read_position(store, user, &conversation(id)).await;
    let unread = state.head.unread(user, read.unwrap_or(state.head.seq));
    Ok(Changed {
        view: ChatView::new(id, &after, &state.head, unread),
        guard: after,
        garbage: None,
    })
}
