//! Administrators create, change and delete rooms.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Access, ConnectionUpdate, Member, PasswordHash, RoomGuard, RoomRecord, listing};
use crate::clock::Ids;
use crate::conversation::garbage::{self, Garbage};
use crate::conversation::{Conversation, ConversationError, ConversationState};
use crate::ids::target::RoomId;
use crate::store::conflicts::Conflicts;
use crate::store::{MAX_BODY, Store, Write, WriteError};

const MAX_NAME: usize = 200;
const MAX_PASSWORD: usize = 256;

/// A change of a room. `None` keeps the value.
#[derive(Debug, Clone, Default)]
pub struct RoomChange {
    pub name: Option<String>,
    pub access: Option<Access>,
    pub password: Option<SecretString>,
    pub members: Option<Vec<Member>>,
    pub persistent: Option<bool>,
}

/// A room that was created or changed.
#[derive(Debug)]
pub struct RoomUpdate {
    pub record: RoomRecord,
    pub is_new: bool,
    pub before: RoomGuard,
    pub after: RoomGuard,
}

/// A room that was deleted.
#[derive(Debug)]
pub struct Removed {
    /// To be cleared once its connections are closed.
    pub due: Option<Uuid>,
    /// The records that may be left of it.
    pub garbage: Option<Garbage>,
}

/// Creates or changes a room. After a lost race it reads the room again.
pub async fn set_up(
    store: &dyn Store,
    ids: &Ids,
    id: &RoomId,
    change: &RoomChange,
    now: Timestamp,
) -> Result<RoomUpdate, ConversationError> {
    check(change)?;
    let hash = match &change.password {
        Some(password) => Some(PasswordHash::new(password, ids).await?),
        None => None,
    };
    let conversation = Conversation::Room(id.clone());
    let mut conflicts = Conflicts::default();
    loop {
        let state = ConversationState::read(store, &conversation).await?;
        let before: RoomGuard = state.guard()?.unwrap_or_default();
        let record = changed(&before, change, hash.as_ref(), now).await?;
        let mut guard = RoomGuard {
            record: Some(record.clone()),
            ..before.clone()
        };
        if is_guarded_anew(&before, &record, change) {
            guard.number += 1;
        }
        guard.note_former(&before);
        let update = ConnectionUpdate::of(&before, &guard);
        guard.due = (update != ConnectionUpdate::Nothing).then(|| ids.uuid());
        // Only now: if the room is deleted in between, the write below fails, and a later deletion
        // finds this entry.
        listing::enter(store, id).await?;
        let writes = write(&state, &guard)?;
        match store.write(&conversation.partition(), writes).await {
            Ok(()) => {
                return Ok(RoomUpdate {
                    record,
                    is_new: before.record.is_none(),
                    before,
                    after: guard,
                });
            }
            Err(error) => conflicts.retry_after(error).await?,
        }
    }
}

/// Writes the guard, unless it is too large.
pub(super) fn write(
    state: &ConversationState,
    guard: &RoomGuard,
) -> Result<Vec<Write>, ConversationError> {
    const TOO_MANY: &str = "a room has at most 1000 members, banned and muted users together";
    guard
        .check_size()
        .map_err(|_| ConversationError::Invalid(TOO_MANY))?;
    let writes = state.change_guard(guard, &state.head)?;
    let is_too_large = |write: &Write| match write {
        Write::Insert { body, .. } | Write::Replace { body, .. } | Write::Put { body, .. } => {
            body.len() > MAX_BODY
        }
        Write::Delete { .. } => false,
    };
    if writes.iter().any(is_too_large) {
        return Err(ConversationError::Invalid(
            "this room's record is too large",
        ));
    }
    Ok(writes)
}

fn check(change: &RoomChange) -> Result<(), ConversationError> {
    let is_bad = |text: &str, longest| !(1..=longest).contains(&text.chars().count());
    if change
        .name
        .as_ref()
        .is_some_and(|name| is_bad(name.trim(), MAX_NAME))
    {
        return Err(ConversationError::Invalid(
            "a room's `name` has 1 to 200 characters",
        ));
    }
    let password = change.password.as_ref().map(ExposeSecret::expose_secret);
    if password.is_some_and(|password| is_bad(password, MAX_PASSWORD)) {
        return Err(ConversationError::Invalid(
            "a `password` has 1 to 256 characters",
        ));
    }
    let mut users: Vec<_> = change
        .members
        .iter()
        .flatten()
        .map(|m| &m.user_id)
        .collect();
    users.sort_unstable();
    if users.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(ConversationError::Invalid("`members` names somebody twice"));
    }
    Ok(())
}

async fn changed(
    before: &RoomGuard,
    change: &RoomChange,
    hash: Option<&PasswordHash>,
    now: Timestamp,
) -> Result<RoomRecord, ConversationError> {
    let known = before.record.clone();
    let mut record = known.unwrap_or_else(|| RoomRecord {
        name: None,
        access: Access::Open,
        password_hash: None,
        persistent: false,
        members: Vec::new(),
        created_at: now,
    });
    if let Some(name) = &change.name {
        record.name = Some(name.trim().to_owned());
    }
    record.access = change.access.unwrap_or(record.access);
    record.persistent = change.persistent.unwrap_or(record.persistent);
    if let Some(members) = &change.members {
        record.members.clone_from(members);
    }
    if let (Some(password), Some(hash)) = (&change.password, hash) {
        // The same password is not a change, so that a repeated request closes no connections.
        let is_same = match &record.password_hash {
            Some(known) => known.is_of(password).await,
            None => false,
        };
        if !is_same {
            record.password_hash = Some(hash.clone());
        }
    }
    if record.access == Access::Password && record.password_hash.is_none() {
        return Err(ConversationError::Invalid(
            "a room whose `access` is `password` needs a `password`",
        ));
    }
    Ok(record)
}

/// Whether earlier credentials become invalid.
fn is_guarded_anew(before: &RoomGuard, record: &RoomRecord, change: &RoomChange) -> bool {
    let known = before
        .record
        .as_ref()
        .and_then(|r| r.password_hash.as_ref());
    let password_changed = match (known, &record.password_hash) {
        (Some(known), Some(hash)) => change.password.is_some() && !known.is_same_text(hash),
        (None, Some(_)) => true,
        (_, None) => false,
    };
    before.access() != record.access || password_changed
}

/// Deletes a room with its messages in one write. The records that are left in the store belong to
/// nothing any more.
pub async fn remove(
    store: &dyn Store,
    ids: &Ids,
    id: &RoomId,
) -> Result<Removed, ConversationError> {
    let conversation = Conversation::Room(id.clone());
    let mut conflicts = Conflicts::default();
    loop {
        let state = ConversationState::read(store, &conversation).await?;
        let before: RoomGuard = state.guard()?.unwrap_or_default();
        if is_nothing(&before, &state) {
            // This may be a repeat of a call that failed halfway.
            let garbage = Garbage::before(&conversation, &state.head);
            if let Some(garbage) = &garbage {
                garbage::note(store, garbage).await?;
            }
            return Ok(Removed {
                due: before.due,
                garbage,
            });
        }
        let guard = RoomGuard {
            number: before.number + 1,
            due: Some(ids.uuid()),
            ..RoomGuard::default()
        };
        let head = state.head.after_deletion();
        let place = listing::place(store, id).await?;
        let garbage = Garbage::before(&conversation, &head);
        if let Some(garbage) = &garbage {
            garbage::note(store, garbage).await?;
        }
        let writes = state.change_guard(&guard, &head)?;
        match store.write(&conversation.partition(), writes).await {
            Ok(()) => {
                listing::leave(store, id, place).await;
                return Ok(Removed {
                    due: guard.due,
                    garbage,
                });
            }
            Err(error) => conflicts.retry_after(error).await?,
        }
    }
}

fn is_nothing(guard: &RoomGuard, state: &ConversationState) -> bool {
    guard.record.is_none()
        && guard.banned.is_empty()
        && guard.muted.is_empty()
        && state.head.seq == 0
}

/// Records that open connections match the guard. If that fails, the next change of the room, or
/// the next settling, closes them once more, which does no harm.
pub async fn clear_due(store: &dyn Store, id: &RoomId, due: Uuid) {
    let conversation = Conversation::Room(id.clone());
    let cleared = async {
        let state = ConversationState::read(store, &conversation).await?;
        let guard: Option<RoomGuard> = state.guard()?;
        let Some(mut guard) = guard.filter(|guard| guard.due == Some(due)) else {
            return Ok(());
        };
        guard.due = None;
        let writes = vec![state.write_guard(&guard)?];
        match store.write(&conversation.partition(), writes).await {
            Err(WriteError::Conflict { .. }) => Ok(()),
            done => done.map_err(ConversationError::from),
        }
    };
    if let Err(error) = cleared.await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "failed to record that the connections of room {id} match it"
        );
    }
}
