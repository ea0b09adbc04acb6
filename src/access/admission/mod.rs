//! Who may connect to what. `negotiate` and the `connect` event share this decision.

mod error;
mod password_attempts;
mod request;
mod rooms;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access::binding::{AuthLevel, Binding};
use crate::access::caller::Caller;
use crate::clock::Clock;
use crate::conversation::chat::ChatGuard;
use crate::conversation::directory;
use crate::conversation::room::Loss;
use crate::conversation::{Conversation, ConversationState, session};
use crate::ids::target::{Channel, ChatId, RoomId, SessionId, Target};
use crate::ids::user_id::UserId;
use crate::store::{Store, StoreError};

pub use error::AdmissionError;
pub use request::{AccessRequest, Principal, RoomCredentials, token_close_code};
use rooms::{Freshness, RoomAdmission, UnspentInvite};

/// Decides every request for access.
#[derive(Debug)]
pub struct Admission {
    store: Arc<dyn Store>,
    rooms: RoomAdmission,
    require_known_users: bool,
}

/// A decision that is not final yet.
#[derive(Debug)]
pub struct Admitted {
    pub binding: Binding,
    invite: Option<UnspentInvite>,
}

impl Admission {
    pub fn new(store: Arc<dyn Store>, clock: Clock, require_known_users: bool) -> Self {
        Self {
            rooms: RoomAdmission::new(store.clone(), clock),
            store,
            require_known_users,
        }
    }

    /// Binds a connection to the requested targets, or refuses.
    ///
    /// Sessions are decided first, because their close code wins. An invite is only checked:
    /// [`Admission::confirm`] spends it, once nothing else can fail.
    pub async fn admit(
        &self,
        principal: Principal<'_>,
        request: AccessRequest,
    ) -> Result<Admitted, AdmissionError> {
        self.decide(principal, request, Freshness::Fresh).await
    }

    /// The same for `negotiate`, which may take a room for open for some seconds too long: the
    /// `connect` event decides again.
    pub async fn negotiate(
        &self,
        principal: Principal<'_>,
        request: AccessRequest,
    ) -> Result<Admitted, AdmissionError> {
        let freshness = Freshness::MayBeCached;
        self.decide(principal, request, freshness).await
    }

    async fn decide(
        &self,
        principal: Principal<'_>,
        request: AccessRequest,
        freshness: Freshness,
    ) -> Result<Admitted, AdmissionError> {
        let level = auth_level(principal.caller);
        for target in &request.targets {
            if matches!(target, Target::Session(_)) {
                check_identity(principal.caller, target)?;
            }
        }
        for session in request.targets.iter().filter_map(Target::as_session) {
            self.check_session(&principal.user, session).await?;
        }
        for target in &request.targets {
            check_identity(principal.caller, target)?;
            if let Target::Chat(id) = target {
                self.check_chat(&principal.user, id).await?;
            }
        }
        let rooms = &self.rooms;
        let (passes, invite) = rooms.admit(&principal, level, &request, freshness).await?;
        let name = match principal.caller {
            Caller::SignedIn(sign_in) => request.display_name.or_else(|| sign_in.name.clone()),
            Caller::Anonymous(_) | Caller::Backend(_) => request.display_name,
        };
        let binding = Binding {
            address: principal.limit_key.address_hash(),
            user: principal.user,
            name: name.as_deref().map(truncate),
            level,
            role: request.requested_role,
            targets: request.targets,
            passes,
        };
        Ok(Admitted { binding, invite })
    }

    /// Makes an admission final.
    pub async fn confirm(&self, admitted: Admitted) -> Result<Binding, AdmissionError> {
        let Admitted {
            mut binding,
            invite,
        } = admitted;
        if let Some(invite) = invite {
            self.rooms.spend(&mut binding, invite).await?;
        }
        Ok(binding)
    }

    /// Decides a binding again, since rooms and chats may have changed after `negotiate`. A user
    /// who has become a reader connects as a reader.
    pub async fn readmit(&self, binding: Binding) -> Result<Binding, AdmissionError> {
        let mut passes = BTreeMap::new();
        for target in &binding.targets {
            match target {
                Target::Room(id) => {
                    if let Some(pass) = self.rooms.readmit(&binding, id).await?? {
                        passes.insert(id.clone(), pass);
                    }
                }
                Target::Chat(id) => self.check_chat(&binding.user, id).await?,
                // A session's participants never change; the sign-in covers the others.
                Target::Session(_) | Target::Org(_) | Target::Device(_) | Target::Channel(_) => {}
            }
        }
        Ok(Binding { passes, ..binding })
    }

    /// Decides one room of an open connection again, and returns what it must lose.
    pub async fn room_loss(&self, binding: &Binding, room: &RoomId) -> Result<Loss, StoreError> {
        let now = self.rooms.readmit(binding, room).await?;
        Ok(Loss::of(binding.role_in(room), &now))
    }

    /// Whether the user may take part in the chat now.
    pub async fn is_in_chat(&self, user: &UserId, id: &ChatId) -> Result<bool, StoreError> {
        let chat = Conversation::Chat(id.clone());
        let state = ConversationState::read(&*self.store, &chat).await?;
        let guard: Option<ChatGuard> = state.guard()?;
        Ok(guard.is_some_and(|guard| !guard.deleted && guard.admits(user)))
    }

    /// Call this after changing a room's record.
    pub fn forget_open_room(&self, room: &RoomId) {
        self.rooms.forget_open(room);
    }

    /// Sessions may be limited to users whom a back end has registered.
    pub async fn check_known(&self, user: &UserId) -> Result<(), AdmissionError> {
        if self.require_known_users && directory::find(&*self.store, user).await?.is_none() {
            return Err(AdmissionError::UnknownUser);
        }
        Ok(())
    }

    async fn check_session(&self, user: &UserId, id: &SessionId) -> Result<(), AdmissionError> {
        self.check_known(user).await?;
        let session = Conversation::Session(id.clone());
        let state = ConversationState::read(&*self.store, &session).await?;
        session::participant(&state, user)
            .map(|_| ())
            .map_err(|_| AdmissionError::NotAParticipant)
    }

    async fn check_chat(&self, user: &UserId, id: &ChatId) -> Result<(), AdmissionError> {
        if self.is_in_chat(user, id).await? {
            return Ok(());
        }
        Err(AdmissionError::NotAMember)
    }
}

fn auth_level(caller: &Caller) -> AuthLevel {
    match caller {
        Caller::Anonymous(_) => AuthLevel::Anonymous,
        Caller::Backend(_) => AuthLevel::Vouched,
        Caller::SignedIn(sign_in) => AuthLevel::SignedIn(sign_in.expires_at),
    }
}

/// Limits a display name, because it travels with every event of a connection.
fn truncate(name: &str) -> String {
    const MAX_DISPLAY_NAME: usize = 128;
    name.chars().take(MAX_DISPLAY_NAME).collect()
}

/// Checks everything that depends only on the caller.
fn check_identity(caller: &Caller, target: &Target) -> Result<(), AdmissionError> {
    match (target, caller) {
        (
            Target::Room(_) | Target::Chat(_) | Target::Channel(Channel::Audio | Channel::Chats),
            _,
        ) => Ok(()),
        (
            Target::Session(_)
            | Target::Org(_)
            | Target::Device(_)
            | Target::Channel(Channel::Notifications),
            Caller::Anonymous(_),
        ) => Err(AdmissionError::Unauthenticated),
        (
            Target::Org(_)
            | Target::Device(_)
            | Target::Session(_)
            | Target::Channel(Channel::Notifications),
            Caller::Backend(_),
        )
        | (Target::Session(_) | Target::Channel(Channel::Notifications), Caller::SignedIn(_)) => {
            Ok(())
        }
        (Target::Org(org), Caller::SignedIn(sign_in)) => {
            if sign_in.is_member_of(org) {
                Ok(())
            } else {
                Err(AdmissionError::NotAMember)
            }
        }
        (Target::Device(_), Caller::SignedIn(sign_in)) => {
            if sign_in.has_right("devices") {
                Ok(())
            } else {
                Err(AdmissionError::Forbidden(
                    "devices require the role `devices`",
                ))
            }
        }
    }
}
