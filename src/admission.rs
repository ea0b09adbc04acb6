//! Who may connect to what: the one decision that `negotiate` and the `connect` event share.

use crate::binding::{Binding, Role, Standing};
use crate::caller::Caller;
use crate::target::{Channel, Target};
use crate::user_id::UserId;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    pub targets: Vec<Target>,
    pub role: Role,
    pub display_name: Option<String>,
}

/// Why a caller may not connect. `closeCode` is what a server with sockets of its own would have
/// closed with; web apps written for one still look for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("sign in first: show a token")]
    Unauthenticated,
    #[error("the token cannot be accepted: {reason}")]
    TokenInvalid {
        reason: &'static str,
        close_code: Option<u16>,
    },
    #[error("the token has expired")]
    TokenExpired { close_code: Option<u16> },
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("you are not a member")]
    NotAMember,
    /// Also said of a session that does not exist, so that nobody can find out which do.
    #[error("you are not a participant of this session")]
    NotAParticipant,
    #[error("a password is needed, and only `negotiate` takes one")]
    PasswordRequired,
    #[error("an invite is needed, and only `negotiate` takes one")]
    InviteRequired,
}

impl Refusal {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::TokenInvalid { .. } => "token_invalid",
            Self::TokenExpired { .. } => "token_expired",
            Self::Forbidden(_) => "forbidden",
            Self::NotAMember => "not_a_member",
            Self::NotAParticipant => "not_a_participant",
            Self::PasswordRequired => "password_required",
            Self::InviteRequired => "invite_required",
        }
    }

    pub fn close_code(&self) -> Option<u16> {
        match self {
            Self::Unauthenticated => Some(4001),
            Self::TokenInvalid { close_code, .. } | Self::TokenExpired { close_code } => {
                *close_code
            }
            Self::NotAMember => Some(4003),
            Self::NotAParticipant => Some(4004),
            Self::Forbidden(_) | Self::PasswordRequired | Self::InviteRequired => None,
        }
    }
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

/// Binds `user` to what it wished for, or says why not.
///
/// Sessions are decided first, because their close code wins over the others'.
pub fn admit(caller: &Caller, user: UserId, wish: Wish) -> Result<Binding, Refusal> {
    let (sessions, others): (Vec<_>, Vec<_>) = wish
        .targets
        .iter()
        .partition(|t| matches!(t, Target::Session(_)));
    for target in sessions.into_iter().chain(others) {
        check(caller, target)?;
    }
    let name = match caller {
        Caller::SignedIn(sign_in) => wish.display_name.or_else(|| sign_in.name.clone()),
        Caller::Anonymous(_) | Caller::Backend(_) => wish.display_name,
    };
    Ok(Binding {
        user,
        name: name.as_deref().map(cut),
        standing: match caller {
            Caller::Anonymous(_) => Standing::Anonymous,
            Caller::Backend(_) => Standing::Vouched,
            Caller::SignedIn(sign_in) => Standing::SignedIn(sign_in.expires_at),
        },
        role: wish.role,
        targets: wish.targets,
    })
}

/// Names travel with every event of a connection, whoever gave them.
fn cut(name: &str) -> String {
    const LONGEST_DISPLAY_NAME: usize = 128;
    name.chars().take(LONGEST_DISPLAY_NAME).collect()
}

fn check(caller: &Caller, target: &Target) -> Result<(), Refusal> {
    match (target, caller) {
        // A room without a record is open, and nothing here keeps records of rooms yet.
        (Target::Room(_) | Target::Channel(Channel::Audio | Channel::Chats), _) => Ok(()),
        // Nobody is in a chat or a session that is stored nowhere.
        (Target::Chat(_), _) => Err(Refusal::NotAMember),
        (
            Target::Session(_)
            | Target::Org(_)
            | Target::Device(_)
            | Target::Channel(Channel::Notifications),
            Caller::Anonymous(_),
        ) => Err(Refusal::Unauthenticated),
        (Target::Session(_), Caller::SignedIn(_) | Caller::Backend(_)) => {
            Err(Refusal::NotAParticipant)
        }
        (
            Target::Org(_) | Target::Device(_) | Target::Channel(Channel::Notifications),
            Caller::Backend(_),
        )
        | (Target::Channel(Channel::Notifications), Caller::SignedIn(_)) => Ok(()),
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
