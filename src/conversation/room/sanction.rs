//! Bans and mutes.

use jiff::Timestamp;

use super::{RoomGuard, Sanction, aftermath, manage};
use crate::conversation::{Conversation, Refused, Top};
use crate::store::{Store, WriteError};
use crate::target::RoomId;
use crate::user_id::UserId;

const TRIES: usize = 8;
const LONGEST_REASON: usize = 200;

/// What becomes of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Ban,
    Unban,
    Mute,
    Unmute,
}

pub fn check_reason(reason: Option<&str>) -> Result<(), Refused> {
    if reason.is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
        return Err(Refused::Invalid("a `reason` has at most 200 characters"));
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
    order: Order,
    reason: Option<String>,
    now: Timestamp,
) -> Result<MaySend, Refused> {
    check_reason(reason.as_deref())?;
    let sanction = Sanction { at: now, reason };
    let conversation = Conversation::Room(room.clone());
    let mut tried = 0;
    loop {
        let top = Top::read(store, &conversation).await?;
        let mut guard: RoomGuard = top.guard()?.unwrap_or_default();
        if !apply(&mut guard, user, order, &sanction) {
            return Ok(MaySend(aftermath::may_send(user, &guard)));
        }
        let write = manage::write(&top, &guard)?;
        match store.write(&conversation.partition(), vec![write]).await {
            Ok(()) => return Ok(MaySend(aftermath::may_send(user, &guard))),
            Err(WriteError::Conflict { .. }) if tried < TRIES => tried += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether it changed anything.
fn apply(guard: &mut RoomGuard, user: &UserId, order: Order, sanction: &Sanction) -> bool {
    let list = match order {
        Order::Ban | Order::Unban => &mut guard.banned,
        Order::Mute | Order::Unmute => &mut guard.muted,
    };
    match order {
        Order::Unban | Order::Unmute => list.remove(user).is_some(),
        Order::Ban | Order::Mute => {
            if list.contains_key(user) && sanction.reason.is_none() {
                return false;
            }
            list.insert(user.clone(), sanction.clone());
            true
        }
    }
}
