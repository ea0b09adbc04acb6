//! What administrators do with rooms.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Access, ConnectionUpdate, Member, PasswordHash, RoomGuard, RoomRecord, listing};
use crate::clock::Ids;
use crate::conversation::conflicts::Conflicts;
use crate::conversation::garbage::{self, Garbage};
use crate::conversation::{Conversation, ConversationError, ConversationState};
use crate::ids::target::RoomId;
use crate::store::{MAX_BODY, Store, Write, WriteError};

const MAX_NAME: usize = 200;
const MAX_PASSWORD: usize = 256;

/// What is to be different; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct RoomChange {
    pub name: Option<String>,
    pub access: Option<Access>,
    pub password: Option<SecretString>,
    pub members: Option<Vec<Member>>,
    pub persistent: Option<bool>,
}

/// A room that was set up, or changed.
#[derive(Debug)]
pub struct RoomUpdate {
    pub record: RoomRecord,
    pub is_new: bool,
    pub after: ConnectionUpdate,
    /// To be settled once open connections are as the room is.
    pub due: Option<Uuid>,
}

/// A room that is gone.
#[derive(Debug)]
pub struct Removed {
    /// To be settled once its connections are closed.
    pub due: Option<Uuid>,
    /// What is still stored of it, or may be.
    pub garbage: Option<Garbage>,
}

/// Sets a room up, or changes it. Whoever lost a race looks again.
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
        let after = ConnectionUpdate::of(&before, &guard);
        guard.due = (after != ConnectionUpdate::Nothing).then(|| ids.uuid());
        // After the room was read: if it goes in between, this write fails, and if it goes later,
        // it finds this entry.
        listing::enter(store, id).await?;
        let write = write(&state, &guard)?;
        match store.write(&conversation.partition(), vec![write]).await {
            Ok(()) => {
                return Ok(RoomUpdate {
                    record,
                    is_new: before.record.is_none(),
                    after,
                    due: guard.due,
                });
            }
            Err(error) => conflicts.retry_after(error).await?,
        }
    }
}

/// The guard, if it is not too large to be kept.
pub(super) fn write(
    state: &ConversationState,
    guard: &RoomGuard,
) -> Result<Write, ConversationError> {
    const TOO_MANY: &str = "a room has at most 1000 members, banned and muted users together";
    guard
        .check_size()
        .map_err(|_| ConversationError::Invalid(TOO_MANY))?;
    let write = state.write_guard(guard)?;
    match &write {
        Write::Insert { body, .. } | Write::Replace { body, .. } | Write::Put { body, .. }
            if body.len() > MAX_BODY =>
        {
            Err(ConversationError::Invalid(
                "this is more than can be kept of one room",
            ))
        }
        _ => Ok(write),
    }
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
        // The same password again is no change, so that a repeat puts nobody out.
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

/// Whether what was shown before counts no more.
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

/// Removes a room and all that was said in it: one write, and it is gone for everybody. What is
/// left of it in the store no longer belongs to anything.
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
            // Perhaps a repeat, whose first answer was lost before all was done.
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
        let writes = vec![state.write_guard(&guard)?, state.write_head(&head)?];
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

/// Open connections are as the guard says. If this is not recorded, they are closed once more
/// when the room is changed next, which does no harm.
pub async fn settle(store: &dyn Store, id: &RoomId, due: Uuid) {
    let conversation = Conversation::Room(id.clone());
    let settled = async {
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
    if let Err(error) = settled.await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "that room {id} is settled could not be recorded"
        );
    }
}
