//! Invites: codes that open a room, for a number of uses and a time. The store holds only their
//! hashes, so nobody who reads it can use an invite.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Access, JoinRequest, Member, RoomGuard};
use crate::conversation::room::{Role, RoomPass};
use crate::conversation::{Conversation, ConversationError, ConversationState};
use crate::ids::target::RoomId;
use crate::store::conflicts::Conflicts;
use crate::store::hash::hash;
use crate::store::{Key, Record, Store, StoreError, Write, WriteError};

const MAX_USES: u32 = 100_000;
/// A year.
const MAX_SECONDS: u32 = 31_536_000;

/// An invite as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    pub uses_left: u32,
    /// The room's guard number. The invite is void under any other.
    pub guard: u64,
}

/// Why an invite does not open the room.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("this room has no such invite")]
    NoSuchInvite,
    #[error("this invite was used up, or has expired")]
    Spent,
    #[error("this invite is for reading only")]
    NoWriter,
    #[error("this room is full")]
    RoomFull,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn key(code: &SecretString) -> Key {
    Key::new(format!("invite:{}", hash(&[code.expose_secret()])))
}

/// The terms of a new invite.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub role: Role,
    pub expires_in_seconds: Option<u32>,
    pub uses: u32,
}

/// Creates an invite. It becomes void when the room's access changes. The same code again makes no
/// second invite.
pub async fn create(
    store: &dyn Store,
    code: &SecretString,
    room: &RoomId,
    terms: &Terms,
    now: Timestamp,
) -> Result<Invite, ConversationError> {
    if !(1..=MAX_USES).contains(&terms.uses) {
        return Err(ConversationError::Invalid(
            "`uses` is a number from 1 to 100000",
        ));
    }
    let seconds = terms.expires_in_seconds;
    if seconds.is_some_and(|seconds| !(1..=MAX_SECONDS).contains(&seconds)) {
        return Err(ConversationError::Invalid(
            "`expiresInSeconds` is a number from 1 to 31536000, a year",
        ));
    }
    let conversation = Conversation::Room(room.clone());
    let guard: Option<RoomGuard> = ConversationState::read(store, &conversation)
        .await?
        .guard()?;
    let guard = guard.filter(|guard| guard.record.is_some());
    let guard = guard.ok_or(ConversationError::NotFound("nobody has set this room up"))?;
    if guard.access() != Access::Invite {
        return Err(ConversationError::Invalid(
            "only a room whose `access` is `invite` takes invites",
        ));
    }
    let invite = Invite {
        role: terms.role,
        expires_at: seconds.map(|seconds| now + SignedDuration::from_secs(seconds.into())),
        uses_left: terms.uses,
        guard: guard.number,
    };
    let write = Write::insert(key(code), &invite)?;
    match store.write(&conversation.partition(), vec![write]).await {
        // An earlier try created it; its answer may have been lost.
        Ok(()) | Err(WriteError::Conflict { .. }) => Ok(invite),
        Err(error) => Err(error.into()),
    }
}

/// The pass that an invite would give now. Nothing is spent.
pub async fn check(
    store: &dyn Store,
    room: &RoomId,
    code: &SecretString,
    request: &JoinRequest<'_>,
    now: Timestamp,
) -> Result<RoomPass, InviteError> {
    match Offer::read(store, room, code, request, now).await? {
        Offer::Member(pass) => Ok(pass),
        Offer::Invite(offer) => Ok(offer.pass),
    }
}

/// Spends one use of an invite, in one write: of two requests that race for the last use, one
/// wins. A caller with an identity becomes a member; anybody else has what the pass holds.
pub async fn spend(
    store: &dyn Store,
    room: &RoomId,
    code: &SecretString,
    request: &JoinRequest<'_>,
    now: Timestamp,
) -> Result<RoomPass, InviteError> {
    let partition = Conversation::Room(room.clone()).partition();
    let mut conflicts = Conflicts::default();
    loop {
        let offer = match Offer::read(store, room, code, request, now).await? {
            Offer::Member(pass) => return Ok(pass),
            Offer::Invite(offer) => offer,
        };
        let ValidInvite {
            state,
            mut guard,
            record,
            mut invite,
            pass,
        } = *offer;
        invite.uses_left -= 1;
        let mut writes = vec![Write::replace(key(code), record.version, &invite)?];
        if !request.is_anonymous {
            let member = Member {
                user_id: request.user.clone(),
                role: invite.role,
            };
            guard.join(member).map_err(|_| InviteError::RoomFull)?;
            writes.extend(state.change_guard(&guard, &state.head)?);
        }
        match store.write(&partition, writes).await {
            Ok(()) => return Ok(pass),
            Err(error) => conflicts.retry_after(error).await?,
        }
    }
}

/// What an invite allows at one moment.
enum Offer {
    /// The caller is a member already and needs no invite.
    Member(RoomPass),
    Invite(Box<ValidInvite>),
}

struct ValidInvite {
    state: ConversationState,
    guard: RoomGuard,
    record: Record,
    invite: Invite,
    pass: RoomPass,
}

impl Offer {
    async fn read(
        store: &dyn Store,
        room: &RoomId,
        code: &SecretString,
        request: &JoinRequest<'_>,
        now: Timestamp,
    ) -> Result<Self, InviteError> {
        let conversation = Conversation::Room(room.clone());
        // Read the invite before the guard, so that if someone else used it up in between, the
        // guard already lists them as a member.
        let found = store.get(&conversation.partition(), &key(code)).await?;
        let state = ConversationState::read(store, &conversation).await?;
        let guard: RoomGuard = state.guard().map_err(StoreError::from)?.unwrap_or_default();
        if let Some(pass) = as_member(&guard, request) {
            return Ok(Self::Member(pass));
        }
        let record = found.ok_or(InviteError::NoSuchInvite)?;
        let invite: Invite = record.read().map_err(StoreError::from)?;
        let expired = invite.expires_at.is_some_and(|until| until <= now);
        if invite.uses_left == 0 || expired || invite.guard != guard.number {
            return Err(InviteError::Spent);
        }
        if request.role > invite.role {
            return Err(InviteError::NoWriter);
        }
        let pass = RoomPass {
            guard: guard.number,
            role: invite.role,
            persistent: guard.record.as_ref().is_some_and(|room| room.persistent),
            muted: guard.muted.contains_key(request.user),
            member: !request.is_anonymous,
        };
        Ok(Self::Invite(Box::new(ValidInvite {
            state,
            guard,
            record,
            invite,
            pass,
        })))
    }
}

/// A user who sent two requests at once is a member when the second is decided.
fn as_member(guard: &RoomGuard, request: &JoinRequest<'_>) -> Option<RoomPass> {
    guard.membership(request.user, request.is_anonymous)?;
    guard.admit(request).ok()
}
