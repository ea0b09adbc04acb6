//! What `{id}` in `rooms/{id}` means.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::conversation::Conversation;
use crate::http::problem::Problem;
use crate::ids::target::RoomId;

/// A room. Anything that cannot be one's id is nowhere.
#[derive(Debug)]
pub struct RoomPath(pub RoomId);

/// A room, or the group name of a chat or a session: `chat:<id>`, `session:<id>`.
#[derive(Debug)]
pub struct ConversationPath(pub Conversation);

impl<S: Send + Sync> FromRequestParts<S> for RoomPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Conversation::of_group(&segment(parts, state).await?) {
            Some(Conversation::Room(id)) => Ok(Self(id)),
            _ => Err(nowhere()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ConversationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let place = Conversation::of_group(&segment(parts, state).await?);
        place.map(Self).ok_or_else(nowhere)
    }
}

/// The Functions host may have decoded it, or not: axum does what is left.
async fn segment<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, Problem> {
    let segment = Path::<String>::from_request_parts(parts, state).await;
    segment.map(|Path(id)| id).map_err(|_| nowhere())
}

fn nowhere() -> Problem {
    Problem::not_found("no room can have this id")
}
