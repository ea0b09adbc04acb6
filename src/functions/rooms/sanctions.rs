//! `rooms/{id}/kick`, `ban`, `unban`, `mute`, `unmute`: keeping action. What lasts is stored
//! first, so that whoever comes back meets it; then those who are there feel it.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::live::Live;
use super::{Refusals, RoomPath};
use crate::access::caller::rights::Administrator;
use crate::app::App;
use crate::conversation::room::Effect;
use crate::conversation::room::sanction::{self, Action, check_reason};
use crate::http::extract::JsonBody;
use crate::http::problem::Problem;
use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SanctionBody {
    #[schema(value_type = String, example = "mallory")]
    user_id: UserId,
    /// At most 200 characters. A client that is kicked is told.
    reason: Option<String>,
}

/// `POST /api/rooms/{id}/kick`
#[utoipa::path(
    post, path = "/api/rooms/{id}/kick", summary = "Closes a user's connections in a room; it does not bar coming back", tag = "rooms",
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses((status = 200, description = "Done"), Refusals)
)]
pub async fn kick(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    check_reason(body.reason.as_deref())?;
    let live = Live::new(&app.hub, &room);
    live.kick(&body.user_id, body.reason.as_deref()).await?;
    Ok(StatusCode::OK)
}

/// `POST /api/rooms/{id}/ban`
#[utoipa::path(
    post, path = "/api/rooms/{id}/ban", summary = "Puts a user out of a room for good", tag = "rooms",
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses((status = 200, description = "Done"), Refusals)
)]
pub async fn ban(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    let user = stored(&app, &room, Action::Ban, body).await?.0;
    let live = Live::new(&app.hub, &room);
    live.apply_to(&user, Effect::Evict).await?;
    Ok(StatusCode::OK)
}

/// `POST /api/rooms/{id}/unban`
#[utoipa::path(
    post, path = "/api/rooms/{id}/unban", summary = "Lets a banned user come back", tag = "rooms",
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses((status = 200, description = "Done"), Refusals)
)]
pub async fn unban(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    stored(&app, &room, Action::Unban, body).await?;
    Ok(StatusCode::OK)
}

/// `POST /api/rooms/{id}/mute`
#[utoipa::path(
    post, path = "/api/rooms/{id}/mute", summary = "Lets a user only listen", tag = "rooms",
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses((status = 200, description = "Done"), Refusals)
)]
pub async fn mute(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    let user = stored(&app, &room, Action::Mute, body).await?.0;
    let live = Live::new(&app.hub, &room);
    live.apply_to(&user, Effect::RevokeSend).await?;
    Ok(StatusCode::OK)
}

/// `POST /api/rooms/{id}/unmute`
///
/// With which role a connection was negotiated nobody can ask, so only members whom the record
/// makes writers may send to the group again at once; others when they reconnect.
#[utoipa::path(
    post, path = "/api/rooms/{id}/unmute", summary = "Lets a muted user speak again", tag = "rooms",
    params(("id" = String, Path, description = "The room")), request_body = SanctionBody,
    responses((status = 200, description = "Done"), Refusals)
)]
pub async fn unmute(
    app: Arc<App>,
    _: Administrator,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<SanctionBody>,
) -> Result<StatusCode, Problem> {
    let (user, may_send) = stored(&app, &room, Action::Unmute, body).await?;
    if may_send {
        let live = Live::new(&app.hub, &room);
        live.apply_to(&user, Effect::GrantSend).await?;
    }
    Ok(StatusCode::OK)
}

async fn stored(
    app: &App,
    room: &RoomId,
    action: Action,
    body: SanctionBody,
) -> Result<(UserId, bool), Problem> {
    let SanctionBody { user_id, reason } = body;
    let now = app.clock.now();
    let may_send = sanction::apply(&*app.store, room, &user_id, action, reason, now).await?;
    app.admission.forget_open_room(room);
    Ok((user_id, may_send))
}
