//! Why a request for access is refused.

use std::borrow::Cow;

use crate::access::caller::CallerError;
use crate::access::caller::jwks::FetchError;
use crate::conversation::room::RoomDenied;
use crate::conversation::room::invite::InviteError;
use crate::store::{StoreError, WriteError};

/// Why a request for access is refused. `closeCode` is the close code that a server with its own
/// sockets would have sent; web apps written for such a server still look for it.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    #[error("{0}")]
    InvalidParameter(Cow<'static, str>),
    #[error("no target")]
    MissingTarget,
    #[error("sign in first: send a token")]
    Unauthenticated,
    #[error("invalid token: {reason}")]
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
    /// Also for a session that does not exist, so that callers cannot probe for sessions.
    #[error("you are not a participant of this session")]
    NotAParticipant,
    #[error("unknown user")]
    UnknownUser,
    #[error("you are banned from this room")]
    Banned,
    #[error("this room requires a `password`, which only `negotiate` accepts")]
    PasswordRequired,
    #[error("wrong password")]
    WrongPassword,
    #[error("this room requires an `invite`, which only a POST to `negotiate` accepts")]
    InviteRequired,
    #[error("this invite is used up or has expired")]
    InviteSpent,
    #[error("too many wrong passwords for this room")]
    TooManyGuesses { retry_after_seconds: u64 },
    #[error("the store does not answer; try again shortly")]
    Store(#[source] StoreError),
    #[error("the store does not answer; try again shortly")]
    Write(#[source] WriteError),
    #[error("the identity provider does not answer; try again shortly")]
    Keys(#[source] FetchError),
}

impl AdmissionError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::TokenInvalid { .. } => "token_invalid",
            Self::TokenExpired { .. } => "token_expired",
            Self::Forbidden(_) => "forbidden",
            Self::NotAMember => "not_a_member",
            Self::NotAParticipant => "not_a_participant",
            Self::UnknownUser => "unknown_user",
            Self::Banned => "banned",
            Self::PasswordRequired => "password_required",
            Self::WrongPassword => "wrong_password",
            Self::InviteRequired => "invite_required",
            Self::InviteSpent => "invite_spent",
            Self::TooManyGuesses { .. } => "rate_limited",
            Self::InvalidParameter(_) => "invalid_parameter",
            Self::MissingTarget => "missing_target",
            Self::Store(_) | Self::Write(_) | Self::Keys(_) => "unavailable",
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
            Self::UnknownUser => Some(4002),
            Self::Forbidden(_)
            | Self::Banned
            | Self::PasswordRequired
            | Self::WrongPassword
            | Self::InviteRequired
            | Self::InviteSpent
            | Self::TooManyGuesses { .. }
            | Self::InvalidParameter(_)
            | Self::MissingTarget
            | Self::Store(_)
            | Self::Write(_)
            | Self::Keys(_) => None,
        }
    }
}

impl From<RoomDenied> for AdmissionError {
    fn from(denied: RoomDenied) -> Self {
        match denied {
            RoomDenied::Banned => Self::Banned,
            RoomDenied::PasswordRequired => Self::PasswordRequired,
            RoomDenied::InviteRequired => Self::InviteRequired,
            RoomDenied::NotAMember => Self::NotAMember,
            RoomDenied::NoWriter => Self::Forbidden("you may only read in this room"),
        }
    }
}

impl From<InviteError> for AdmissionError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::NoSuchInvite => Self::InviteRequired,
            InviteError::Spent => Self::InviteSpent,
            InviteError::NoWriter => Self::Forbidden("this invite is for reading only"),
            InviteError::RoomFull => Self::Forbidden("this room is full"),
            InviteError::Store(error) => error.into(),
            InviteError::Write(error) => error.into(),
        }
    }
}

impl From<StoreError> for AdmissionError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<WriteError> for AdmissionError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<CallerError> for AdmissionError {
    fn from(error: CallerError) -> Self {
        Self::from_caller(error, None)
    }
}

impl AdmissionError {
    /// The close code of a bad token depends on the targets.
    pub fn from_caller(error: CallerError, close_code: Option<u16>) -> Self {
        match error {
            CallerError::Unauthenticated => Self::Unauthenticated,
            CallerError::TokenInvalid(reason) => Self::TokenInvalid { reason, close_code },
            CallerError::TokenExpired => Self::TokenExpired { close_code },
            CallerError::UserId(invalid) => Self::InvalidParameter(invalid.to_string().into()),
            CallerError::KeysUnavailable(cause) => Self::Keys(cause),
        }
    }
}
