//! `rooms/{id}/kick`, `ban`, `unban`, `mute`, `unmute`. A lasting sanction is stored first, so
//! that it applies to reconnecting clients; then it is applied to open connections.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::effects::{applied, settle_later};
use super::path::RoomPath;
use crate::access::caller::rights::Administrator;
use crate::app::App;
use crate::conversation::room::sanction::{self, Action, check_reason};
use crate::conversation::room::settle;
use crate::http::extract::JsonBody;
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidBody, NotAdministrator, NotFound};
use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SanctionBody {
    #[schema(value_type = String, example = "mallory")]
    user_id: UserId,
    /// At most 200 characters. A kicked client receives it.
    reason: Option<String>,
}

/// `POST /api/rooms/{id}/kick`
#[utoipa::path(
    post, path = "/api/rooms/{id}/kick", operation_id = "kickUser", tag = "rooms",
    summary = "Close a user's connections in a room; the user may come back", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses(
        (status = 200, description = "Done"),
        InvalidBody, NotAdministrator, NotFound, Failed,
    )
)]
pub async fn kick(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    check_reason(body.reason.as_deref())?;
    let kicked = settle::kick(&app.hub, &room, &body.user_id, body.reason.as_deref());
    applied(&room, kicked.await)?;
    Ok(StatusCode::OK)
}

/// `POST /api/rooms/{id}/ban`
#[utoipa::path(
    post, path = "/api/rooms/{id}/ban", operation_id = "banUser", tag = "rooms",
    summary = "Ban a user from a room", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses(
        (status = 200, description = "Done"),
        InvalidBody, NotAdministrator, NotFound, Failed,
    )
)]
pub async fn ban(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    order(&app, &room, Action::Ban, body).await
}

/// `POST /api/rooms/{id}/unban`
#[utoipa::path(
    post, path = "/api/rooms/{id}/unban", operation_id = "unbanUser", tag = "rooms",
    summary = "Lift a ban", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses(
        (status = 200, description = "Done"),
        InvalidBody, NotAdministrator, NotFound, Failed,
    )
)]
pub async fn unban(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    order(&app, &room, Action::Unban, body).await
}

/// `POST /api/rooms/{id}/mute`
#[utoipa::path(
    post, path = "/api/rooms/{id}/mute", operation_id = "muteUser", tag = "rooms",
    summary = "Mute a user in a room", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses(
        (status = 200, description = "Done"),
        InvalidBody, NotAdministrator, NotFound, Failed,
    )
)]
pub async fn mute(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    order(&app, &room, Action::Mute, body).await
}

/// `POST /api/rooms/{id}/unmute`
#[utoipa::path(
    post, path = "/api/rooms/{id}/unmute", operation_id = "unmuteUser", tag = "rooms",
    summary = "Lift a mute", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses(
        (status = 200, description = "Done"),
        InvalidBody, NotAdministrator, NotFound, Failed,
    )
)]
pub async fn unmute(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    order(&app, &room, Action::Unmute, body).await
}

/// Stores a lasting sanction, then applies it.
async fn order(
    app: &App,
    room: &RoomId,
    action: Action,
    body: SanctionBody,
) -> Result<StatusCode, Problem> {
    let SanctionBody { user_id, reason } = body;
    let (store, now) = (&*app.store, app.clock.now());
    settle_later(app, room).await;
    sanction::apply(store, room, &user_id, action, reason, now).await?;
    app.admission.forget_open_room(room);
    let effects = settle::sanctioned(&app.hub, store, room, &user_id, action);
    applied(room, effects.await)?;
    Ok(StatusCode::OK)
}
