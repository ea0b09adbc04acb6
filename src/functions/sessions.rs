//! `sessions`: publishers create them, and the two participants read them.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::named_user::{CallerQuery, named_user};
use crate::access::admission::AdmissionError;
use crate::access::caller::rights::Publisher;
use crate::app::{App, AppState};
use crate::clock::rfc3339;
use crate::conversation::directory;
use crate::conversation::session::{self, Creation, Participant, SessionGuard, SessionView};
use crate::http::extract::{JsonBody, PathId, Query, whole_number};
use crate::http::problem::Problem;
use crate::http::problem::responses::{
    AlreadyCreated, Failed, InvalidBody, InvalidParameter, NotFound, NotParticipant, NotPublisher,
    UnknownUser,
};
use crate::ids::target::SessionId;
use crate::ids::user_id::UserId;
use crate::store::page_limit::PageLimit;

/// The close code of a bad token in requests about sessions.
const BAD_TOKEN_CLOSE_CODE: u16 = 4003;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSession {
    /// Two different users.
    #[schema(min_items = 2, max_items = 2)]
    participants: Vec<ParticipantBody>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Participant)]
pub struct ParticipantBody {
    #[schema(value_type = String, example = "alice")]
    user_id: UserId,
    /// 1 to 128 characters.
    #[schema(example = "Alice")]
    name: String,
}

/// A session. `unread` is present in answers to a participant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionBody {
    #[schema(example = "550e8400-e29b-41d4-a716-446655440000")]
    id: String,
    participants: Vec<ParticipantBody>,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    created_at: String,
    last_message_at: Option<String>,
    last_seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Sessions {
    sessions: Vec<SessionBody>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// 50 by default, at most 200.
    #[serde(default, deserialize_with = "whole_number")]
    limit: Option<u64>,
}

/// A user who may take part in sessions, identified as `negotiate` would.
#[derive(Debug)]
pub struct SessionUser(UserId);

impl SessionBody {
    fn new(view: SessionView, unread: Option<u64>) -> Self {
        let SessionView {
            id, guard, head, ..
        } = view;
        let participants = guard.participants.into_iter();
        Self {
            id: id.into(),
            participants: participants.map(ParticipantBody::from).collect(),
            created_at: rfc3339(guard.created_at),
            last_message_at: head.last_message_at.map(rfc3339),
            last_seq: head.seq,
            unread,
        }
    }
}

/// The view of a participant.
impl From<SessionView> for SessionBody {
    fn from(view: SessionView) -> Self {
        let unread = view.unread;
        Self::new(view, Some(unread))
    }
}

impl From<Participant> for ParticipantBody {
    fn from(participant: Participant) -> Self {
        Self {
            user_id: participant.user_id,
            name: participant.name,
        }
    }
}

impl NewSession {
    fn read(self) -> Result<[Participant; 2], Problem> {
        let participant = |body: ParticipantBody| {
            Ok(Participant {
                name: directory::check_name(&body.name)?,
                user_id: body.user_id,
            })
        };
        let participants = self.participants.into_iter().map(participant);
        let participants: Vec<_> = participants.collect::<Result<_, Problem>>()?;
        participants
            .try_into()
            .map_err(|_| Problem::invalid_parameter("`participants` must be exactly two users"))
    }
}

/// `PUT /api/sessions/{id}`
#[utoipa::path(
    put, path = "/api/sessions/{id}", operation_id = "putSession", tag = "sessions",
    summary = "Create a session of two users", security(("bearer" = [])),
    params(("id" = String, Path, description = "A UUID of the caller's choice")),
    request_body = NewSession,
    responses(
        (status = 200, description = "The session, which existed before", body = SessionBody),
        (status = 201, description = "The new session", body = SessionBody),
        InvalidBody, NotPublisher, NotFound, AlreadyCreated, Failed,
    )
)]
pub async fn put(
    app: Arc<App>,
    _: Publisher,
    PathId(id): PathId<SessionId>,
    JsonBody(body): JsonBody<NewSession>,
) -> Result<(StatusCode, Json<SessionBody>), Problem> {
    let guard = SessionGuard {
        participants: body.read()?,
        created_at: app.clock.now(),
    };
    let (creation, view) = session::create(&*app.store, &id, &guard).await?;
    let status = match creation {
        Creation::Made => StatusCode::CREATED,
        Creation::WasThere => StatusCode::OK,
    };
    Ok((status, Json(SessionBody::new(view, None))))
}

/// `GET /api/sessions`
#[utoipa::path(
    get, path = "/api/sessions", operation_id = "listSessions", tag = "sessions",
    summary = "The user's sessions, the most recently active first", security(("bearer" = [])),
    params(CallerQuery, SessionsQuery),
    responses(
        (status = 200, description = "The sessions", body = Sessions),
        InvalidParameter, UnknownUser, Failed,
    )
)]
pub async fn list(
    app: Arc<App>,
    SessionUser(user): SessionUser,
    Query(query): Query<SessionsQuery>,
) -> Result<Json<Sessions>, Problem> {
    let limit = PageLimit::new(query.limit);
    let sessions = session::list(&*app.store, &user, limit.get()).await?;
    let sessions = sessions.into_iter().map(SessionBody::from).collect();
    Ok(Json(Sessions { sessions }))
}

/// `GET /api/sessions/{id}`
#[utoipa::path(
    get, path = "/api/sessions/{id}", operation_id = "getSession", tag = "sessions",
    summary = "One of the user's sessions", security(("bearer" = [])),
    params(("id" = String, Path, description = "The session's UUID"), CallerQuery),
    responses(
        (status = 200, description = "The session", body = SessionBody),
        InvalidParameter, UnknownUser, NotParticipant, NotFound, Failed,
    )
)]
pub async fn get(
    app: Arc<App>,
    PathId(id): PathId<SessionId>,
    SessionUser(user): SessionUser,
) -> Result<Json<SessionBody>, Problem> {
    let view = session::view(&*app.store, &id, &user).await?;
    Ok(Json(view.ok_or(AdmissionError::NotAParticipant)?.into()))
}

impl FromRequestParts<AppState> for SessionUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let user = named_user(parts, state, BAD_TOKEN_CLOSE_CODE).await?;
        let app = state.app()?;
        app.admission.check_known(&user).await?;
        Ok(Self(user))
    }
}
