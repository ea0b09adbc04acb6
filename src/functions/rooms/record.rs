//! `rooms`, `rooms/{id}`: the records of rooms.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::effects::{applied, settle_later};
use super::path::RoomPath;
use crate::access::caller::rights::Administrator;
use crate::app::App;
use crate::clock::rfc3339;
use crate::conversation::room::manage::{self, RoomChange};
use crate::conversation::room::{Access, Member, RoomRecord, listing, settle};
use crate::http::extract::{JsonBody, Query, empty_as_none};
use crate::http::problem::Problem;
use crate::http::problem::responses::{
    Failed, InvalidBody, InvalidParameter, NotAdministrator, NotFound,
};
use crate::ids::target::RoomId;

/// A change of a room. Absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
pub struct RoomBody {
    /// 1 to 200 characters.
    name: Option<String>,
    /// What a user who is not a member needs to enter; `open` by default.
    access: Option<Access>,
    /// 1 to 256 characters; stored as an Argon2id hash and never shown.
    password: Option<String>,
    /// The complete list: users who are not named stop being members.
    members: Option<Vec<Member>>,
    /// Whether every message must be stored. Then clients cannot send to the group directly.
    persistent: Option<bool>,
}

/// A room that has a record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    #[schema(value_type = String, example = "lobby")]
    id: RoomId,
    name: Option<String>,
    access: Access,
    persistent: bool,
    members: Vec<Member>,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    created_at: String,
}

/// A page of rooms, sorted by id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rooms {
    rooms: Vec<Room>,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next_cursor: Option<RoomId>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoomsQuery {
    /// 50 by default, at most 200.
    #[serde(default, deserialize_with = "empty_as_none")]
    limit: Option<u64>,
    /// `nextCursor` of the previous page.
    #[param(value_type = Option<String>)]
    #[serde(default, deserialize_with = "empty_as_none")]
    cursor: Option<RoomId>,
}

impl Room {
    fn new(id: RoomId, record: RoomRecord) -> Self {
        Self {
            id,
            name: record.name,
            access: record.access,
            persistent: record.persistent,
            members: record.members,
            created_at: rfc3339(record.created_at),
        }
    }
}

/// `PUT /api/rooms/{id}`
#[utoipa::path(
    put, path = "/api/rooms/{id}", operation_id = "putRoom", tag = "rooms",
    summary = "Set up a room, or change it", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")), request_body = RoomBody,
    responses(
        (status = 200, description = "The changed room", body = Room),
        (status = 201, description = "The new room", body = Room),
        InvalidBody, NotAdministrator, NotFound, Failed,
    )
)]
pub async fn put(
    app: Arc<App>,
    _: Administrator,
    RoomPath(id): RoomPath,
    JsonBody(body): JsonBody<RoomBody>,
) -> Result<(StatusCode, Json<Room>), Problem> {
    let change = RoomChange {
        name: body.name,
        access: body.access,
        password: body.password.map(SecretString::from),
        members: body.members,
        persistent: body.persistent,
    };
    settle_later(&app, &id).await;
    let done = manage::set_up(&*app.store, &app.ids, &id, &change, app.clock.now()).await?;
    app.admission.forget_open_room(&id);
    let effects = settle::changed(&app.hub, &*app.store, &id, &done.before, &done.after);
    applied(&id, effects.await)?;
    if let Some(due) = done.after.due {
        manage::clear_due(&*app.store, &id, due).await;
    }
    let status = if done.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(Room::new(id, done.record))))
}

/// `GET /api/rooms`
#[utoipa::path(
    get, path = "/api/rooms", operation_id = "listRooms", tag = "rooms",
    summary = "The rooms that were set up", security(("bearer" = [])), params(RoomsQuery),
    responses(
        (status = 200, description = "A page of rooms, sorted by id", body = Rooms),
        InvalidParameter, NotAdministrator, Failed,
    )
)]
pub async fn list(
    app: Arc<App>,
    _: Administrator,
    Query(RoomsQuery { limit, cursor }): Query<RoomsQuery>,
) -> Result<Json<Rooms>, Problem> {
    let page = listing::page(&*app.store, cursor.as_ref(), limit).await?;
    let rooms = page.rooms.into_iter();
    Ok(Json(Rooms {
        rooms: rooms.map(|(id, record)| Room::new(id, record)).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// `GET /api/rooms/{id}`
#[utoipa::path(
    get, path = "/api/rooms/{id}", operation_id = "getRoom", tag = "rooms",
    summary = "A room that was set up", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")),
    responses(
        (status = 200, description = "The room", body = Room),
        NotAdministrator, NotFound, Failed,
    )
)]
pub async fn get(
    app: Arc<App>,
    _: Administrator,
    RoomPath(id): RoomPath,
) -> Result<Json<Room>, Problem> {
    let found = listing::record(&*app.store, &id).await?;
    let record = found.ok_or_else(|| Problem::not_found("room does not exist"))?;
    Ok(Json(Room::new(id, record)))
}

/// `DELETE /api/rooms/{id}`
#[utoipa::path(
    delete, path = "/api/rooms/{id}", operation_id = "deleteRoom", tag = "rooms",
    summary = "Delete a room with its messages", security(("bearer" = [])),
    params(("id" = String, Path, description = "The room")),
    responses(
        (status = 200, description = "The room does not exist any more"),
        NotAdministrator, NotFound, Failed,
    )
)]
pub async fn delete(
    app: Arc<App>,
    _: Administrator,
    RoomPath(id): RoomPath,
) -> Result<StatusCode, Problem> {
    settle_later(&app, &id).await;
    let removed = manage::remove(&*app.store, &app.ids, &id).await?;
    if let Some(garbage) = &removed.garbage {
        app.sweeper.schedule(garbage).await;
    }
    if let Some(due) = removed.due {
        applied(&id, settle::removed(&app.hub, &id).await)?;
        manage::clear_due(&*app.store, &id, due).await;
    }
    Ok(StatusCode::OK)
}

/// Hides the password.
impl std::fmt::Debug for RoomBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomBody")
    }
}
