//! Admission to rooms: compares what each requires with the credentials of the caller.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use super::error::AdmissionError;
use super::password_attempts::PasswordAttempts;
use super::request::{AccessRequest, Principal};
use crate::access::binding::{AuthLevel, Binding};
use crate::clock::Clock;
use crate::conversation::room::{JoinRequest, Role, RoomDenied, RoomGuard, RoomPass, invite};
use crate::conversation::{Conversation, ConversationState};
use crate::ids::target::{RoomId, Target};
use crate::store::{Store, StoreError};

const TTL_SECONDS: i64 = 5;
const MAX_OPEN_ROOMS: usize = 10_000;

/// Rooms that had no record a moment ago, as far as this instance knows. Only `negotiate` relies
/// on this, because `connect_event` decides again.
#[derive(Debug, Default)]
struct OpenRooms(Mutex<HashMap<RoomId, i64>>);

impl OpenRooms {
    fn has(&self, room: &RoomId, now: i64) -> bool {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = rooms.get(room);
        seen.is_some_and(|seen| (0..TTL_SECONDS).contains(&(now - seen)))
    }

    fn forget(&self, room: &RoomId) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.remove(room);
    }

    fn note(&self, room: &RoomId, now: i64) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= MAX_OPEN_ROOMS {
            rooms.clear();
        }
        rooms.insert(room.clone(), now);
    }
}

/// An invite that was checked, and is to be spent.
#[derive(Debug)]
pub(super) struct UnspentInvite {
    room: RoomId,
    code: SecretString,
}

/// Whether a decision may rely on what was read a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    MayBeCached,
    Fresh,
}

/// Decides about rooms.
#[derive(Debug)]
pub(super) struct RoomAdmission {
    store: Arc<dyn Store>,
    clock: Clock,
    attempts: PasswordAttempts,
    open_rooms: OpenRooms,
}

impl RoomAdmission {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self {
            store,
            clock,
            attempts: PasswordAttempts::default(),
            open_rooms: OpenRooms::default(),
        }
    }

    /// Call this when a room gets a record.
    pub(super) fn forget_open(&self, room: &RoomId) {
        self.open_rooms.forget(room);
    }

    /// Decides every requested room. A room without a record needs no pass.
    pub(super) async fn admit(
        &self,
        principal: &Principal<'_>,
        level: AuthLevel,
        request: &AccessRequest,
        freshness: Freshness,
    ) -> Result<(BTreeMap<RoomId, RoomPass>, Option<UnspentInvite>), AdmissionError> {
        let now = self.clock.seconds();
        let join = JoinRequest {
            user: &principal.user,
            is_anonymous: level == AuthLevel::Anonymous,
            role: request.requested_role,
            pass: None,
        };
        let mut passes = BTreeMap::new();
        let mut by_invite = Vec::new();
        for room in request.targets.iter().filter_map(Target::as_room) {
            if freshness == Freshness::MayBeCached && self.open_rooms.has(room, now) {
                continue;
            }
            let Some(guard) = self.guard(room).await? else {
                self.open_rooms.note(room, now);
                continue;
            };
            match guard.admit(&join) {
                Ok(pass) => drop(passes.insert(room.clone(), pass)),
                Err(RoomDenied::PasswordRequired) => {
                    let pass = self
                        .check_password(principal, request, room, &guard)
                        .await?;
                    let join = JoinRequest {
                        pass: Some(&pass),
                        ..join
                    };
                    passes.insert(room.clone(), guard.admit(&join)?);
                }
                Err(RoomDenied::InviteRequired) => by_invite.push(room),
                Err(denied) => return Err(denied.into()),
            }
        }
        // An invite opens one room. A request that needs several spends none.
        if by_invite.len() > 1 {
            return Err(AdmissionError::InviteRequired);
        }
        let Some(room) = by_invite.pop() else {
            return Ok((passes, None));
        };
        let code = request.credentials.invite.clone();
        let code = code.ok_or(AdmissionError::InviteRequired)?;
        let pass = invite::check(&*self.store, room, &code, &join, self.clock.now()).await?;
        passes.insert(room.clone(), pass);
        let room = room.clone();
        Ok((passes, Some(UnspentInvite { room, code })))
    }

    /// Spends the invite that an admitted binding depends on.
    pub(super) async fn spend(
        &self,
        binding: &mut Binding,
        invite: UnspentInvite,
    ) -> Result<(), AdmissionError> {
        let UnspentInvite { room, code } = invite;
        let join = JoinRequest {
            user: &binding.user,
            is_anonymous: binding.level == AuthLevel::Anonymous,
            role: binding.role,
            pass: None,
        };
        let pass = invite::spend(&*self.store, &room, &code, &join, self.clock.now()).await?;
        binding.passes.insert(room, pass);
        Ok(())
    }

    async fn check_password(
        &self,
        principal: &Principal<'_>,
        request: &AccessRequest,
        room: &RoomId,
        guard: &RoomGuard,
    ) -> Result<RoomPass, AdmissionError> {
        let hash = guard.record.as_ref().and_then(|r| r.password_hash.as_ref());
        let (Some(password), Some(hash)) = (&request.credentials.password, hash) else {
            return Err(AdmissionError::PasswordRequired);
        };
        let now = self.clock.seconds();
        self.attempts
            .check(&principal.limit_key, room, password, hash, now)
            .await?;
        Ok(RoomPass {
            guard: guard.number,
            role: Role::Writer,
            persistent: false,
            muted: false,
            member: false,
        })
    }

    /// Decides one room of a connection that was admitted before.
    pub(super) async fn readmit(
        &self,
        binding: &Binding,
        room: &RoomId,
    ) -> Result<Result<Option<RoomPass>, RoomDenied>, StoreError> {
        let Some(guard) = self.guard(room).await? else {
            return Ok(Ok(None));
        };
        let join = JoinRequest {
            user: &binding.user,
            is_anonymous: binding.level == AuthLevel::Anonymous,
            role: Role::Reader,
            pass: binding.passes.get(room),
        };
        Ok(guard.admit(&join).map(Some))
    }

    async fn guard(&self, room: &RoomId) -> Result<Option<RoomGuard>, StoreError> {
        let room = Conversation::Room(room.clone());
        let state = ConversationState::read(&*self.store, &room).await?;
        Ok(state.guard()?)
    }
}
