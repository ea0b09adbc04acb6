//! Reads `{id}` in `rooms/{id}`.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::conversation::Conversation;
use crate::http::problem::Problem;
use crate::ids::target::RoomId;

/// A room. Text that cannot be a room's id is answered with 404.
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
            _ => Err(not_found()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ConversationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let conversation = Conversation::of_group(&segment(parts, state).await?);
        conversation.map(Self).ok_or_else(not_found)
    }
}

/// axum decodes the segment, which the Functions host may or may not have done before.
async fn segment<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, Problem> {
    let segment = Path::<String>::from_request_parts(parts, state).await;
    segment.map(|Path(id)| id).map_err(|_| not_found())
}

fn not_found() -> Problem {
    Problem::not_found("this is not the id of a room")
}
