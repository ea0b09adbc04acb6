//! Bans and mutes.

use jiff::Timestamp;

use super::{RoomGuard, Sanction, connection_update, manage};
use crate::conversation::{Conversation, ConversationError, ConversationState};
use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;
use crate::store::{Store, WriteError};

const TRIES: usize = 8;
const MAX_REASON: usize = 200;

/// What becomes of somebody.
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

/// Whether the user, as the room is now, may send to its group by what the record says alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaySend(pub bool);

/// Carries out an order. It may be given twice.
pub async fn carry_out(
    store: &dyn Store,
    room: &RoomId,
    user: &UserId,
    order: Action,
    reason: Option<String>,
    now: Timestamp,
) -> Result<MaySend, ConversationError> {
    check_reason(reason.as_deref())?;
    let sanction = Sanction { at: now, reason };
    let conversation = Conversation::Room(room.clone());
    let mut tried = 0;
    loop {
        let state = ConversationState::read(store, &conversation).await?;
        let mut guard: RoomGuard = state.guard()?.unwrap_or_default();
        if !apply(&mut guard, user, order, &sanction) {
            return Ok(MaySend(connection_update::may_send(user, &guard)));
        }
        let write = manage::write(&state, &guard)?;
        match store.write(&conversation.partition(), vec![write]).await {
            Ok(()) => return Ok(MaySend(connection_update::may_send(user, &guard))),
            Err(WriteError::Conflict { .. }) if tried < TRIES => tried += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether it changed anything.
fn apply(guard: &mut RoomGuard, user: &UserId, order: Action, sanction: &Sanction) -> bool {
    let list = match order {
        Action::Ban | Action::Unban => &mut guard.banned,
        Action::Mute | Action::Unmute => &mut guard.muted,
    };
    match order {
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
