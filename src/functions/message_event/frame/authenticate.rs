//! `authenticate`: a fresh token for a connection whose sign-in runs out, without dropping it.

use serde::Serialize;

use super::code::{Code, FrameError};
use super::fields::Fields;
use crate::access::binding::{AuthLevel, Binding};
use crate::access::caller::{CallerError, Callers, RawToken, SignIn};
use crate::clock::rfc3339;
use crate::ids::target::Target;

#[derive(Debug, PartialEq)]
pub struct Authenticate {
    token: RawToken,
}

#[derive(Debug, Serialize)]
pub struct Authenticated {
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// What a new sign-in makes of a connection.
#[derive(Debug)]
pub struct Renewal {
    pub binding: Binding,
    /// What the new token no longer gives.
    pub lost: Vec<Target>,
}

impl Authenticate {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            token: RawToken::new(fields.text("token")?),
        })
    }

    /// Checks the token and works out what becomes of the binding. Nothing is changed here.
    pub async fn renew(&self, callers: &Callers, current: &Binding) -> Result<Renewal, FrameError> {
        let sign_in = callers
            .sign_in(self.token.as_str())
            .await
            .map_err(refused)?;
        if sign_in.user() != &current.user {
            return Err(FrameError::new(
                Code::Forbidden,
                "the token is another user's than this connection's",
            ));
        }
        let (kept, lost) = current
            .targets
            .iter()
            .cloned()
            .partition(|target| still_given(&sign_in, target));
        Ok(Renewal {
            binding: Binding {
                level: AuthLevel::SignedIn(sign_in.expires_at),
                targets: kept,
                ..current.clone()
            },
            lost,
        })
    }
}

impl Renewal {
    pub fn reply(&self) -> Authenticated {
        let until = match self.binding.level {
            AuthLevel::SignedIn(until) => until,
            AuthLevel::Anonymous | AuthLevel::Vouched => None,
        };
        Authenticated {
            user_id: self.binding.user.to_string(),
            expires_at: until
                .and_then(|second| jiff::Timestamp::from_second(second).ok())
                .map(rfc3339),
        }
    }
}

/// Membership of rooms, chats and sessions is ours to know; of these the token speaks.
fn still_given(sign_in: &SignIn, target: &Target) -> bool {
    match target {
        Target::Org(org) => sign_in.is_member_of(org),
        Target::Device(_) => sign_in.has_right("devices"),
        Target::Room(_) | Target::Chat(_) | Target::Session(_) | Target::Channel(_) => true,
    }
}

fn refused(error: CallerError) -> FrameError {
    match error {
        CallerError::TokenExpired => {
            FrameError::new(Code::TokenExpired, "this token has expired as well")
        }
        CallerError::KeysUnavailable(cause) => {
            tracing::error!(
                error = &cause as &dyn std::error::Error,
                "the identity provider's keys cannot be had"
            );
            FrameError::new(
                Code::Unavailable,
                "the identity provider does not answer; try again shortly",
            )
        }
        CallerError::Unauthenticated | CallerError::TokenInvalid(_) | CallerError::UserId(_) => {
            FrameError::new(Code::Forbidden, error.to_string())
        }
    }
}
