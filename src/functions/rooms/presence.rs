//! `rooms/{id}/presence`: who is connected, by the service's own list.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use webpubsub::ListOptions;

use super::{AccessCheck, ConversationPath, Granted, Refusals};
use crate::app::App;
use crate::conversation::ConversationState;
use crate::conversation::room::Role;
use crate::http::problem::Problem;

/// Who is there, by user id.
#[derive(Debug, Serialize, ToSchema)]
pub struct Presence {
    users: Vec<Present>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Present {
    #[schema(example = "alice")]
    user_id: String,
    /// How many of the user's are open.
    connections: u64,
}

/// `GET /api/rooms/{id}/presence`
#[utoipa::path(
    get, path = "/api/rooms/{id}/presence", summary = "Who is connected", tag = "rooms",
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        super::AccessQuery,
    ),
    responses((status = 200, description = "One entry a user", body = Presence), Refusals)
)]
pub async fn presence(
    app: Arc<App>,
    check: AccessCheck,
    ConversationPath(place): ConversationPath,
) -> Result<Json<Presence>, Problem> {
    if let Granted::Administrator(_) = check.decide(&app, &place, Role::Reader).await? {
        place.check_exists(&ConversationState::read(&*app.store, &place).await?)?;
    }
    let listed = connections(&app, &place.group()).await;
    let users = listed.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the service does not say who is in {place}"
        );
        Problem::unavailable("the service does not say who is there; try again shortly")
    })?;
    let users = users.into_iter().map(|(user_id, connections)| Present {
        user_id,
        connections,
    });
    Ok(Json(Presence {
        users: users.collect(),
    }))
}

async fn connections(app: &App, group: &str) -> Result<BTreeMap<String, u64>, webpubsub::Error> {
    let options = ListOptions::default();
    let members = app.hub.list_connections_in_group(group, &options)?;
    let mut users = BTreeMap::new();
    for member in members.all().await? {
        // Everyone whom we let in has an id.
        if let Some(user) = member.user_id {
            *users.entry(user).or_default() += 1;
        }
    }
    Ok(users)
}
