//! `authenticate`: a fresh token for a connection whose sign-in expires, without reconnecting.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::{Code, FrameError};
use super::fields::Fields;
use super::reply::Reply;
use crate::access::binding::{AuthLevel, Binding};
use crate::access::caller::{CallerError, RawToken, SignIn};
use crate::azure::web_pubsub::join_with_timeout;
use crate::clock::rfc3339;
use crate::ids::target::Target;

#[derive(Debug, PartialEq)]
pub struct Authenticate {
    token: RawToken,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "authenticated")]
pub(super) struct Authenticated {
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl Authenticate {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            token: RawToken::new(fields.text("token")?),
        })
    }

    /// Groups that the new token no longer grants are left first: if that fails, the old sign-in
    /// stays and the client tries again.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let sign_in = call.app.callers.sign_in(self.token.as_str()).await;
        let sign_in = sign_in.map_err(refused)?;
        if sign_in.user() != &call.binding().user {
            return Err(FrameError::new(
                Code::Forbidden,
                "the token belongs to another user",
            ));
        }
        let current = call.binding().clone();
        let (kept, lost): (Vec<_>, Vec<_>) = current
            .targets
            .into_iter()
            .partition(|target| still_grants(&sign_in, target));
        leave(call, &lost).await?;
        let reply = Authenticated {
            user_id: current.user.to_string(),
            expires_at: sign_in
                .expires_at
                .and_then(|second| Timestamp::from_second(second).ok())
                .map(rfc3339),
        };
        call.connection.state_mut().binding = Binding {
            level: AuthLevel::SignedIn(sign_in.expires_at),
            targets: kept,
            ..call.binding().clone()
        };
        Ok(Some(Reply::of(&reply)))
    }
}

async fn leave(call: &Call<'_>, lost: &[Target]) -> Result<(), FrameError> {
    let (hub, id) = (&call.app.hub, call.connection.id());
    let user = &call.binding().user;
    let groups = lost.iter().filter_map(|target| target.group(user));
    let leaving =
        groups.map(|group| async move { Ok(hub.remove_connection_from_group(&group, id).await?) });
    join_with_timeout(leaving)
        .await
        .map_err(|error| FrameError::new(Code::Unavailable, "try again shortly").caused_by(error))
}

/// The token decides about organisations and devices; we decide about rooms, chats and sessions.
fn still_grants(sign_in: &SignIn, target: &Target) -> bool {
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
        CallerError::KeysUnavailable(_) => FrameError::new(
            Code::Unavailable,
            "the identity provider does not answer; try again shortly",
        )
        .caused_by(error),
        CallerError::Unauthenticated | CallerError::TokenInvalid(_) | CallerError::UserId(_) => {
            FrameError::new(Code::Forbidden, error.to_string())
        }
    }
}
