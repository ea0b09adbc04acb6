//! Who may connect to what: the one decision that `negotiate` and the `connect` event share.

mod guesses;
mod refusal;
mod rooms;

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::binding::{Binding, Role, RoomPass, Standing};
use crate::caller::Caller;
use crate::conversation::chat::ChatGuard;
use crate::conversation::{Conversation, Top, session};
use crate::directory;
use crate::rate_limit::Limited;
use crate::state::Ready;
use crate::store::{Store, StoreError};
use crate::target::{Channel, ChatId, SessionId, Target};
use crate::user_id::UserId;

pub use guesses::Guesses;
pub use refusal::Refusal;
pub use rooms::OpenRooms;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    pub targets: Vec<Target>,
    pub role: Role,
    pub display_name: Option<String>,
    pub shown: Shown,
}

/// What was shown to be let into rooms. Only `negotiate` takes any.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub password: Option<SecretString>,
    pub invite: Option<SecretString>,
}

/// Who wants to connect.
#[derive(Debug)]
pub struct Visitor<'a> {
    pub caller: &'a Caller,
    pub user: UserId,
    /// Whose wrong passwords are counted together.
    pub limited: Limited,
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
pub async fn admit(app: &Ready, visitor: Visitor<'_>, wish: Wish) -> Result<Binding, Refusal> {
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
pub async fn admit_again(app: &Ready, binding: Binding) -> Result<Binding, Refusal> {
    let store = &*app.store;
    let mut passes = BTreeMap::new();
    for target in &binding.targets {
        match target {
            Target::Room(id) => {
                if let Some(pass) = rooms::admit_again(store, &binding, id).await? {
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

fn standing(caller: &Caller) -> Standing {
    match caller {
        Caller::Anonymous(_) => Standing::Anonymous,
        Caller::Backend(_) => Standing::Vouched,
        Caller::SignedIn(sign_in) => Standing::SignedIn(sign_in.expires_at),
    }
}

/// Names travel with every event of a connection, whoever gave them.
fn cut(name: &str) -> String {
    const LONGEST_DISPLAY_NAME: usize = 128;
    name.chars().take(LONGEST_DISPLAY_NAME).collect()
}

/// What follows from who is calling alone.
fn check_identity(caller: &Caller, target: &Target) -> Result<(), Refusal> {
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
        ) => Err(Refusal::Unauthenticated),
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
                Err(Refusal::NotAMember)
            }
        }
        (Target::Device(_), Caller::SignedIn(sign_in)) => {
            if sign_in.has_right("devices") {
                Ok(())
            } else {
                Err(Refusal::Forbidden(
                    "devices are open to those whose roles hold `devices`",
                ))
            }
        }
    }
}

/// Who takes part in sessions is somebody that a back end has told us of, where that is asked for.
pub async fn check_known(app: &Ready, user: &UserId) -> Result<(), Refusal> {
    if app.config.require_known_users && directory::find(&*app.store, user).await?.is_none() {
        return Err(Refusal::UnknownUser);
    }
    Ok(())
}

async fn check_session(app: &Ready, user: &UserId, id: &SessionId) -> Result<(), Refusal> {
    check_known(app, user).await?;
    let top = Top::read(&*app.store, &Conversation::Session(id.clone())).await?;
    session::participating(&top, user)
        .map(|_| ())
        .map_err(|_| Refusal::NotAParticipant)
}

async fn check_chat(store: &dyn Store, user: &UserId, id: &ChatId) -> Result<(), Refusal> {
    let top = Top::read(store, &Conversation::Chat(id.clone())).await?;
    let guard: Option<ChatGuard> = top.guard().map_err(StoreError::from)?;
    match guard {
        Some(guard) if !guard.deleted && guard.admits(user) => Ok(()),
        _ => Err(Refusal::NotAMember),
    }
}
