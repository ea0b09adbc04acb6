//! Stores bans and mutes.

use jiff::Timestamp;

use super::{RoomGuard, Sanction, manage};
use crate::conversation::{Conversation, ConversationError, ConversationState};
use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;
use crate::store::Store;
use crate::store::conflicts::Conflicts;

const MAX_REASON: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Ban,
    Unban,
    Mute,
    Unmute,
}

pub fn check_reason(reason: Option<&str>) -> Result<(), ConversationError> {
    if reason.is_some_and(|reason| reason.chars().count() > MAX_REASON) {
        return Err(ConversationError::Invalid(
            "a `reason` has at most 200 characters",
        ));
    }
    Ok(())
}

/// Bans, unbans, mutes or unmutes a user. Doing it twice does no harm.
pub async fn apply(
    store: &dyn Store,
    room: &RoomId,
    user: &UserId,
    action: Action,
    reason: Option<String>,
    now: Timestamp,
) -> Result<(), ConversationError> {
    check_reason(reason.as_deref())?;
    let sanction = Sanction { at: now, reason };
    let conversation = Conversation::Room(room.clone());
    let mut conflicts = Conflicts::default();
    loop {
        let state = ConversationState::read(store, &conversation).await?;
        let mut guard: RoomGuard = state.guard()?.unwrap_or_default();
        if !change(&mut guard, user, action, &sanction) {
            return Ok(());
        }
        let writes = manage::write(&state, &guard)?;
        match store.write(&conversation.partition(), writes).await {
            Ok(()) => return Ok(()),
            Err(error) => conflicts.retry_after(error).await?,
        }
    }
}

/// Returns whether the guard changed.
fn change(guard: &mut RoomGuard, user: &UserId, action: Action, sanction: &Sanction) -> bool {
    let list = match action {
        Action::Ban | Action::Unban => &mut guard.banned,
        Action::Mute | Action::Unmute => &mut guard.muted,
    };
    match action {
        Action::Unban | Action::Unmute => list.remove(user).is_some(),
        Action::Ban | Action::Mute => {
            if list.contains_key(user) && sanction.reason.is_none() {
                return false;
            }
            list.insert(user.clone(), sanction.clone());
            true
        }
    }
}
