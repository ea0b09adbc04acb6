//! What `{id}` in `rooms/{id}` means.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::conversation::Conversation;
use crate::problem::Problem;
use crate::target::RoomId;

/// A room. Anything that cannot be one's id is nowhere.
#[derive(Debug)]
pub(crate) struct RoomPath(pub(crate) RoomId);

/// A room, or the group name of a chat or a session: `chat:<id>`, `session:<id>`.
#[derive(Debug)]
pub(crate) struct PlacePath(pub(crate) Conversation);

impl<S: Send + Sync> FromRequestParts<S> for RoomPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match place(&segment(parts, state).await?) {
            Some(Conversation::Room(id)) => Ok(Self(id)),
            _ => Err(nowhere()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PlacePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let place = place(&segment(parts, state).await?);
        place.map(Self).ok_or_else(nowhere)
    }
}

/// The Functions host may have decoded it, or not: axum does what is left.
async fn segment<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, Problem> {
    let segment = Path::<String>::from_request_parts(parts, state).await;
    segment.map(|Path(id)| id).map_err(|_| nowhere())
}

fn place(id: &str) -> Option<Conversation> {
    match id.split_once(':') {
        None => id.parse().ok().map(Conversation::Room),
        Some(("chat", id)) => id.parse().ok().map(Conversation::Chat),
        Some(("session", id)) => id.parse().ok().map(Conversation::Session),
        Some(_) => None,
    }
}

fn nowhere() -> Problem {
    Problem::not_found("no room can have this id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_rooms_or_the_group_of_a_chat_or_session() {
        let session = "550e8400-e29b-41d4-a716-446655440000";

        for good in ["lobby", "chat:0199a0", &format!("session:{session}")] {
            assert_eq!(place(good).unwrap().group(), good);
        }
        for bad in [
            "",
            "..",
            "../x",
            "org:acme",
            "user:x",
            "chat:",
            "chat:a:b",
            "session:1",
            "a\n",
        ] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
