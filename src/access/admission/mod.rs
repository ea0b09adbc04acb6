//! Who may connect to what: the one decision that `negotiate` and the `connect` event share.

mod error;
mod password_attempts;
mod rooms;

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::access::binding::{AuthLevel, Binding, Role, RoomPass};
use crate::access::caller::Caller;
use crate::access::rate_limit::RateLimitKey;
use crate::app::App;
use crate::conversation::chat::ChatGuard;
use crate::conversation::directory;
use crate::conversation::{Conversation, ConversationState, session};
use crate::ids::target::{Channel, ChatId, SessionId, Target};
use crate::ids::user_id::UserId;
use crate::store::{Store, StoreError};

pub use error::AdmissionError;
pub use password_attempts::PasswordAttempts;
pub use rooms::OpenRooms;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct AccessRequest {
    pub targets: Vec<Target>,
    pub role: Role,
    pub display_name: Option<String>,
    pub shown: RoomCredentials,
}

/// What was shown to be let into rooms. Only `negotiate` takes any.
#[derive(Debug, Clone, Default)]
pub struct RoomCredentials {
    pub password: Option<SecretString>,
    pub invite: Option<SecretString>,
}

/// Who wants to connect.
#[derive(Debug)]
pub struct Principal<'a> {
    pub caller: &'a Caller,
    pub user: UserId,
    /// Whose wrong passwords are counted together.
    pub limited: RateLimitKey,
}

/// The close code of a bad token. Sessions and feeds name different ones; a session's wins.
pub fn token_close_code(targets: &[Target]) -> Option<u16> {
    let any = |wanted: fn(&Target) -> bool| targets.iter().any(wanted);
    if any(|t| matches!(t, Target::Session(_))) {
        Some(4003)
    } else if any(|t| matches!(t, Target::Org(_) | Target::Channel(Channel::Notifications))) {
        Some(4001)
    } else {
        None
    }
}

/// Binds a visitor to what it wished for, or says why not.
///
/// Sessions are decided first, because their close code wins over the others'; an invite is spent
/// last, when nothing else can go wrong.
pub async fn admit(
    app: &App,
    visitor: Principal<'_>,
    wish: AccessRequest,
) -> Result<Binding, AdmissionError> {
    let standing = standing(visitor.caller);
    for target in &wish.targets {
        if matches!(target, Target::Session(_)) {
            check_identity(visitor.caller, target)?;
        }
    }
    for session in wish.targets.iter().filter_map(Target::as_session) {
        check_session(app, &visitor.user, session).await?;
    }
    for target in &wish.targets {
        check_identity(visitor.caller, target)?;
        if let Target::Chat(id) = target {
            check_chat(&*app.store, &visitor.user, id).await?;
        }
    }
    let passes = rooms::admit(app, &visitor, standing, &wish).await?;
    let name = match visitor.caller {
        Caller::SignedIn(sign_in) => wish.display_name.or_else(|| sign_in.name.clone()),
        Caller::Anonymous(_) | Caller::Backend(_) => wish.display_name,
    };
    Ok(Binding {
        user: visitor.user,
        name: name.as_deref().map(cut),
        standing,
        role: wish.role,
        targets: wish.targets,
        passes,
    })
}

/// Decides again what was decided when the address was made: rooms and chats may have changed
/// since. Who may only read by now comes in as a reader.
pub async fn readmit(app: &App, binding: Binding) -> Result<Binding, AdmissionError> {
    let store = &*app.store;
    let mut passes = BTreeMap::new();
    for target in &binding.targets {
        match target {
            Target::Room(id) => {
                if let Some(pass) = rooms::readmit(store, &binding, id).await? {
                    passes.insert(id.clone(), pass);
                }
            }
            Target::Chat(id) => check_chat(store, &binding.user, id).await?,
            // Who takes part in a session never changes; of the others the sign-in spoke.
            Target::Session(_) | Target::Org(_) | Target::Device(_) | Target::Channel(_) => {}
        }
    }
    Ok(Binding { passes, ..binding })
}

fn standing(caller: &Caller) -> AuthLevel {
    match caller {
        Caller::Anonymous(_) => AuthLevel::Anonymous,
        Caller::Backend(_) => AuthLevel::Vouched,
        Caller::SignedIn(sign_in) => AuthLevel::SignedIn(sign_in.expires_at),
    }
}

/// Names travel with every event of a connection, whoever gave them.
fn cut(name: &str) -> String {
    const MAX_DISPLAY_NAME: usize = 128;
    name.chars().take(MAX_DISPLAY_NAME).collect()
}

/// What follows from who is calling alone.
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
                    "devices are open to those whose roles hold `devices`",
                ))
            }
        }
    }
}

/// Who takes part in sessions is somebody that a back end has told us of, where that is asked for.
pub async fn check_known(app: &App, user: &UserId) -> Result<(), AdmissionError> {
    if app.config.require_known_users && directory::find(&*app.store, user).await?.is_none() {
        return Err(AdmissionError::UnknownUser);
    }
    Ok(())
}

async fn check_session(app: &App, user: &UserId, id: &SessionId) -> Result<(), AdmissionError> {
    check_known(app, user).await?;
    let top = ConversationState::read(&*app.store, &Conversation::Session(id.clone())).await?;
    session::participating(&top, user)
        .map(|_| ())
        .map_err(|_| AdmissionError::NotAParticipant)
}

async fn check_chat(store: &dyn Store, user: &UserId, id: &ChatId) -> Result<(), AdmissionError> {
    let top = ConversationState::read(store, &Conversation::Chat(id.clone())).await?;
    let guard: Option<ChatGuard> = top.guard().map_err(StoreError::from)?;
    match guard {
        Some(guard) if !guard.deleted && guard.admits(user) => Ok(()),
        _ => Err(AdmissionError::NotAMember),
    }
}
