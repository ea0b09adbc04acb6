//! `rooms`, `rooms/{id}`: setting rooms up and taking them down.

use std::sync::Arc;

use axum::Json;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::live::Live;
use super::{Refusals, RoomPath};
use crate::access::caller::rights::Administrator;
use crate::app::App;
use crate::clock::rfc3339;
use crate::conversation::room::manage::{self, RoomChange};
use crate::conversation::room::{Access, ConnectionUpdate, Member, RoomRecord, listing};
use crate::http::extract::{JsonBody, query_parameter};
use crate::http::problem::Problem;
use crate::ids::target::RoomId;

/// What a room is to be. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct RoomBody {
    /// 1 to 200 characters.
    name: Option<String>,
    /// What it takes to come in, for those who are no members; `open` unless said.
    access: Option<Access>,
    /// 1 to 256 characters; kept as an Argon2id hash and never shown.
    password: Option<String>,
    /// All of them: who is not named is a member no more.
    members: Option<Vec<Member>>,
    /// Whether everything said here must be stored: then nobody may send to the group past us.
    persistent: Option<bool>,
}

/// A room that was set up.
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

/// Some of the rooms, by id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rooms {
    rooms: Vec<Room>,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next_cursor: Option<RoomId>,
}

/// For the OpenAPI document.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query")]
pub struct RoomsQuery {
    /// 50 unless said, and at most 200.
    limit: Option<u64>,
    /// The last answer's `nextCursor`.
    cursor: Option<String>,
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
    put, path = "/api/rooms/{id}", summary = "Sets a room up, or changes it", tag = "rooms",
    params(("id" = String, Path, description = "The room")), request_body = RoomBody,
    responses(
        (status = 200, description = "The room, changed", body = Room),
        (status = 201, description = "The room, new", body = Room),
        Refusals,
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
    let done = manage::set_up(&*app.store, &app.ids, &id, &change, app.clock.now()).await?;
    app.admission.forget_open_room(&id);
    Live::new(&app.hub, &id).apply(&done.after).await?;
    if let Some(due) = done.due {
        manage::settle(&*app.store, &id, due).await;
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
    get, path = "/api/rooms", summary = "The rooms that were set up", tag = "rooms", params(RoomsQuery),
    responses((status = 200, description = "Some of the rooms, by id", body = Rooms), Refusals)
)]
pub async fn list(
    app: Arc<App>,
    _: Administrator,
    RawQuery(query): RawQuery,
) -> Result<Json<Rooms>, Problem> {
    let parameter = |name| query_parameter(query.as_deref(), name).filter(|text| !text.is_empty());
    let limit = parameter("limit").map(|text| text.parse()).transpose();
    let limit = limit.map_err(|_| Problem::invalid_parameter("`limit` must be a number"))?;
    let cursor = parameter("cursor").map(|text| text.parse()).transpose();
    let cursor = cursor.map_err(|_| Problem::invalid_parameter("`cursor` is no `nextCursor`"))?;
    let page = listing::page(&*app.store, cursor.as_ref(), limit).await?;
    let rooms = page.rooms.into_iter();
    Ok(Json(Rooms {
        rooms: rooms.map(|(id, record)| Room::new(id, record)).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// `GET /api/rooms/{id}`
#[utoipa::path(
    get, path = "/api/rooms/{id}", summary = "A room that was set up", tag = "rooms",
    params(("id" = String, Path, description = "The room")),
    responses((status = 200, description = "The room", body = Room), Refusals)
)]
pub async fn get(
    app: Arc<App>,
    _: Administrator,
    RoomPath(id): RoomPath,
) -> Result<Json<Room>, Problem> {
    let found = listing::record(&*app.store, &id).await?;
    let record = found.ok_or_else(|| Problem::not_found("nobody has set this room up"))?;
    Ok(Json(Room::new(id, record)))
}

/// `DELETE /api/rooms/{id}`
#[utoipa::path(
    delete, path = "/api/rooms/{id}", summary = "Removes a room with all that was said in it", tag = "rooms",
    params(("id" = String, Path, description = "The room")),
    responses((status = 200, description = "It is gone, or was not there"), Refusals)
)]
pub async fn delete(
    app: Arc<App>,
    _: Administrator,
    RoomPath(id): RoomPath,
) -> Result<StatusCode, Problem> {
    let removed = manage::remove(&*app.store, &app.ids, &id).await?;
    if let Some(garbage) = &removed.garbage {
        app.sweeper.schedule(&*app.store, garbage).await;
    }
    if let Some(due) = removed.due {
        Live::new(&app.hub, &id)
            .apply(&ConnectionUpdate::CloseAll)
            .await?;
        manage::settle(&*app.store, &id, due).await;
    }
    Ok(StatusCode::OK)
}

/// A password passes through here.
impl std::fmt::Debug for RoomBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomBody")
    }
}
