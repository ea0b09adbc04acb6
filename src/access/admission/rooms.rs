//! Rooms at the door: what each asks for, and what was shown.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::{
    AccessRequest, AdmissionError, AuthLevel, Binding, Principal, RoomCredentials, RoomPass,
};
use crate::access::binding::Role;
use crate::app::App;
use crate::conversation::room::{JoinRequest, RoomDenied, RoomGuard, invite};
use crate::conversation::{Conversation, ConversationState};
use crate::ids::target::{RoomId, Target};
use crate::store::{Store, StoreError};

const REMEMBERED_SECONDS: i64 = 5;
const MAX_REMEMBERED: usize = 10_000;

/// Rooms that nobody has set up, as far as this instance knows from a moment ago. Only
/// `negotiate` believes it: whoever connects or speaks is decided by the store.
#[derive(Debug, Default)]
pub struct OpenRooms(Mutex<HashMap<RoomId, i64>>);

impl OpenRooms {
    fn has(&self, room: &RoomId, now: i64) -> bool {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = rooms.get(room);
        seen.is_some_and(|seen| (0..REMEMBERED_SECONDS).contains(&(now - seen)))
    }

    /// Somebody sets it up just now.
    pub fn forget(&self, room: &RoomId) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.remove(room);
    }

    fn note(&self, room: &RoomId, now: i64) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= MAX_REMEMBERED {
            rooms.clear();
        }
        rooms.insert(room.clone(), now);
    }
}

/// Decides every room that was wished for. Rooms that nobody set up need no pass.
pub(super) async fn admit(
    app: &App,
    visitor: &Principal<'_>,
    standing: AuthLevel,
    wish: &AccessRequest,
) -> Result<BTreeMap<RoomId, RoomPass>, AdmissionError> {
    let now = app.clock.seconds();
    let mut passes = BTreeMap::new();
    let mut by_invite = Vec::new();
    for room in wish.targets.iter().filter_map(Target::as_room) {
        if app.open_rooms.has(room, now) {
            continue;
        }
        let Some(guard) = guard(&*app.store, room).await? else {
            app.open_rooms.note(room, now);
            continue;
        };
        let guest = JoinRequest {
            user: &visitor.user,
            is_anonymous: standing == AuthLevel::Anonymous,
            wish: wish.role,
            pass: None,
        };
        match guard.admit(&guest) {
            Ok(pass) => drop(passes.insert(room.clone(), pass)),
            Err(RoomDenied::PasswordRequired) => {
                let pass = by_password(app, visitor, &wish.shown, room, &guard).await?;
                let guest = JoinRequest {
                    pass: Some(&pass),
                    ..guest
                };
                passes.insert(room.clone(), guard.admit(&guest)?);
            }
            Err(RoomDenied::InviteRequired) => by_invite.push(room),
            Err(shut_out) => return Err(shut_out.into()),
        }
    }
    // An invite is one room's. Who needs several does not come in, and none is used up for it.
    if by_invite.len() > 1 {
        return Err(AdmissionError::InviteRequired);
    }
    for room in by_invite {
        let Some(code) = &wish.shown.invite else {
            return Err(AdmissionError::InviteRequired);
        };
        let guest = JoinRequest {
            user: &visitor.user,
            is_anonymous: standing == AuthLevel::Anonymous,
            wish: wish.role,
            pass: None,
        };
        let pass = invite::spend(&*app.store, room, code, &guest, app.clock.now()).await?;
        passes.insert(room.clone(), pass);
    }
    Ok(passes)
}

async fn by_password(
    app: &App,
    visitor: &Principal<'_>,
    shown: &RoomCredentials,
    room: &RoomId,
    guard: &RoomGuard,
) -> Result<RoomPass, AdmissionError> {
    let hash = guard.record.as_ref().and_then(|r| r.password_hash.as_ref());
    let (Some(password), Some(hash)) = (&shown.password, hash) else {
        return Err(AdmissionError::PasswordRequired);
    };
    app.password_attempts
        .check(&visitor.limited, room, password, hash, app.clock.seconds())
        .await?;
    Ok(RoomPass {
        guard: guard.number,
        role: Role::Writer,
        persistent: false,
        muted: false,
        member: false,
    })
}

/// One room of somebody who was let in before.
pub(super) async fn readmit(
    store: &dyn Store,
    binding: &Binding,
    room: &RoomId,
) -> Result<Option<RoomPass>, AdmissionError> {
    let Some(guard) = guard(store, room).await? else {
        return Ok(None);
    };
    let guest = JoinRequest {
        user: &binding.user,
        is_anonymous: binding.standing == AuthLevel::Anonymous,
        wish: Role::Reader,
        pass: binding.passes.get(room),
    };
    Ok(Some(guard.admit(&guest)?))
}

async fn guard(store: &dyn Store, room: &RoomId) -> Result<Option<RoomGuard>, StoreError> {
    let top = ConversationState::read(store, &Conversation::Room(room.clone())).await?;
    Ok(top.guard()?)
}
