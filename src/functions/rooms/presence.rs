//! `rooms/{id}/presence`: who is connected, according to the service.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{AccessCheck, AccessQuery, Granted};
use super::path::ConversationPath;
use crate::app::App;
use crate::conversation::ConversationState;
use crate::conversation::room::Role;
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, NotAdmitted, NotFound};

/// The connected users, sorted by id.
#[derive(Debug, Serialize, ToSchema)]
pub struct Presence {
    users: Vec<Present>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Present {
    #[schema(example = "alice")]
    user_id: String,
    /// The number of the user's open connections.
    connections: u64,
}

/// `GET /api/rooms/{id}/presence`
#[utoipa::path(
    get, path = "/api/rooms/{id}/presence", operation_id = "getPresence", tag = "rooms",
    summary = "Who is connected", security((), ("bearer" = [])),
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        AccessQuery,
    ),
    responses(
        (status = 200, description = "One entry for each user", body = Presence),
        NotAdmitted, NotFound, Failed,
    )
)]
pub async fn get(
    app: Arc<App>,
    check: AccessCheck,
    ConversationPath(conversation): ConversationPath,
) -> Result<Json<Presence>, Problem> {
    if let Granted::Administrator(_) = check.run(&app, &conversation, Role::Reader).await? {
        let state = ConversationState::read(&*app.store, &conversation).await?;
        conversation.check_exists(&state)?;
    }
    let (group, now) = (conversation.group(), app.clock.seconds());
    let listed = app.presence.users(&app.hub, &group, now).await;
    let users = listed.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "failed to list the connections of {conversation}"
        );
        Problem::unavailable("the Web PubSub service does not answer; try again shortly")
    })?;
    let users = users.iter().map(|(user_id, connections)| Present {
        user_id: user_id.clone(),
        connections: *connections,
    });
    Ok(Json(Presence {
        users: users.collect(),
    }))
}
