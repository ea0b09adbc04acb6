//! Why somebody may not connect.

use crate::conversation::room::RoomDenied;
use crate::conversation::room::invite::InviteError;
use crate::store::{StoreError, WriteError};

/// Why a caller may not connect. `closeCode` is what a server with sockets of its own would have
/// closed with; web apps written for one still look for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
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
    #[error("nobody has told us of this user")]
    UnknownUser,
    #[error("you are banned from this room")]
    Banned,
    #[error("this room needs a `password`, and only `negotiate` takes one")]
    PasswordRequired,
    #[error("this is not the room's password")]
    WrongPassword,
    #[error("this room needs an `invite`, and only a POST to `negotiate` takes one")]
    InviteRequired,
    #[error("this invite was used up, or has expired")]
    InviteSpent,
    #[error("too many wrong passwords for this room")]
    TooManyGuesses { retry_after_seconds: u64 },
    #[error("the store does not answer; try again shortly")]
    Unavailable,
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
            Self::Unavailable => "unavailable",
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
            | Self::Unavailable => None,
        }
    }
}

impl From<RoomDenied> for AdmissionError {
    fn from(shut_out: RoomDenied) -> Self {
        match shut_out {
            RoomDenied::Banned => Self::Banned,
            RoomDenied::PasswordRequired => Self::PasswordRequired,
            RoomDenied::InviteRequired => Self::InviteRequired,
            RoomDenied::NotAMember => Self::NotAMember,
            RoomDenied::NoWriter => Self::Forbidden("you may only read in this room"),
        }
    }
}

impl From<InviteError> for AdmissionError {
    fn from(not_let_in: InviteError) -> Self {
        match not_let_in {
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
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the store failed while somebody waited at the door"
        );
        Self::Unavailable
    }
}

impl From<WriteError> for AdmissionError {
    fn from(error: WriteError) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the store failed while somebody waited at the door"
        );
        Self::Unavailable
    }
}
