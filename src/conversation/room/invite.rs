//! Invites: a code that lets somebody in, so many times and for so long. What is stored is its
//! hash, so that whoever reads the store can use none.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Member, RoomGuard};
use crate::binding::{Role, RoomPass};
use crate::clock::Ids;
use crate::conversation::{Conversation, Refused, Top, keys};
use crate::store::{Key, Store, StoreError, Write, WriteError};
use crate::target::RoomId;
use crate::user_id::UserId;

const TRIES: usize = 10;

/// What is stored of an invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    pub uses_left: u32,
    /// It opens the room only as it was then.
    pub guard: u64,
}

/// Who shows an invite.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    pub user: &'a UserId,
    pub is_anonymous: bool,
    pub wish: Role,
}

/// Why an invite lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum NotLetIn {
    #[error("this room has no such invite")]
    NoSuchInvite,
    #[error("this invite was used up, or has expired")]
    Spent,
    #[error("this invite is for reading only")]
    NoWriter,
    #[error("this room is full")]
    Full,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A code that nobody guesses.
pub fn new_code(ids: &Ids) -> SecretString {
    let mut bytes = Vec::with_capacity(32);
    for _ in 0..2 {
        bytes.extend_from_slice(ids.uuid().as_bytes());
    }
    URL_SAFE_NO_PAD.encode(bytes).into()
}

fn key(code: &SecretString) -> Key {
    Key::new(format!("invite:{}", keys::hash(&[code.expose_secret()])))
}

/// Stores an invite under its code.
pub async fn store_invite(
    store: &dyn Store,
    room: &RoomId,
    code: &SecretString,
    invite: &Invite,
) -> Result<(), Refused> {
    let write = Write::insert(key(code), invite)?;
    let partition = Conversation::Room(room.clone()).partition();
    Ok(store.write(&partition, vec![write]).await?)
}

/// Uses an invite once, in one write: of two who race for the last use one wins. Whoever has an
/// identity is a member from then on; anybody else has what the address holds.
pub async fn spend(
    store: &dyn Store,
    room: &RoomId,
    code: &SecretString,
    bearer: &Bearer<'_>,
    now: Timestamp,
) -> Result<RoomPass, NotLetIn> {
    let conversation = Conversation::Room(room.clone());
    let partition = conversation.partition();
    let key = key(code);
    let mut tried = 0;
    loop {
        let top = Top::read(store, &conversation).await?;
        let mut guard: RoomGuard = top.guard().map_err(StoreError::from)?.unwrap_or_default();
        let found = store.get(&partition, &key).await?;
        let record = found.ok_or(NotLetIn::NoSuchInvite)?;
        let mut invite: Invite = record.read().map_err(StoreError::from)?;
        let expired = invite.expires_at.is_some_and(|until| until <= now);
        if invite.uses_left == 0 || expired || invite.guard != guard.number {
            return Err(NotLetIn::Spent);
        }
        if bearer.wish > invite.role {
            return Err(NotLetIn::NoWriter);
        }
        invite.uses_left -= 1;
        let mut writes =
            vec![Write::replace(key.clone(), record.version, &invite).map_err(unwritable)?];
        let pass = RoomPass {
            guard: guard.number,
            role: invite.role,
            persistent: guard.record.as_ref().is_some_and(|room| room.persistent),
            muted: guard.muted.contains_key(bearer.user),
        };
        if !bearer.is_anonymous {
            let member = Member {
                user_id: bearer.user.clone(),
                role: invite.role,
            };
            guard.join(member).map_err(|_| NotLetIn::Full)?;
            writes.push(top.write_guard(&guard).map_err(unwritable)?);
        }
        match store.write(&partition, writes).await {
            Ok(()) => return Ok(pass),
            Err(WriteError::Conflict { .. }) if tried < TRIES => tried += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn unwritable(error: serde_json::Error) -> NotLetIn {
    StoreError::Refused(error.to_string()).into()
}
