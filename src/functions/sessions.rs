//! `sessions`: a publisher sets them up, the two who take part look them up.

use std::sync::Arc;

use axum::Json;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::admission::AdmissionError;
use crate::access::caller::rights::Publisher;
use crate::access::caller::{Caller, RawToken};
use crate::app::App;
use crate::clock::rfc3339;
use crate::conversation::directory;
use crate::conversation::session::{self, Creation, Participant, SessionGuard, SessionView};
use crate::http::extract::{JsonBody, PathId, query_number, query_parameter};
use crate::http::problem::{Problem, ProblemBody};
use crate::ids::target::SessionId;
use crate::ids::user_id::UserId;

const DEFAULT_LIMIT: u64 = 50;
const MOST: u64 = 200;
/// What a bad token closes with where sessions are concerned.
const BAD_TOKEN: u16 = 4003;

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSession {
    /// Exactly two, and different ones.
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

/// A session; `unread` is for the participant who asks.
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

/// Who asks, as `negotiate` takes it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query")]
pub struct WhoAsks {
    /// Beside an API token: the user whose sessions these are.
    username: Option<String>,
    /// A JWT, where no header can be set.
    token: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query")]
pub struct HowMany {
    /// 50 unless said, at most 200.
    limit: Option<u64>,
}

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

/// As a participant sees it.
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
        let two = self.participants.into_iter().map(participant);
        let two: Vec<_> = two.collect::<Result<_, Problem>>()?;
        two.try_into()
            .map_err(|_| Problem::invalid_parameter("`participants` are exactly two"))
    }
}

/// `PUT /api/sessions/{id}`
#[utoipa::path(
    put, path = "/api/sessions/{id}", summary = "Sets up a session of two", tag = "sessions",
    params(("id" = String, Path, description = "A UUID of the caller's choice")), request_body = NewSession,
    responses(
        (status = 200, description = "It was there already", body = SessionBody),
        (status = 201, description = "The new session", body = SessionBody),
        (status = 400, description = "`invalid_parameter`", body = ProblemBody),
        (status = 401, description = "`unauthenticated`, `token_invalid`, `token_expired`", body = ProblemBody),
        (status = 403, description = "`forbidden`: this takes a publisher", body = ProblemBody),
        (status = 404, description = "`not_found`: no session can have this id", body = ProblemBody),
        (status = 409, description = "`already_created`: with other participants, and these never change", body = ProblemBody),
        (status = 413, description = "`too_large`", body = ProblemBody),
        (status = 503, description = "`unavailable`", body = ProblemBody),
    )
)]
pub async fn create(
    app: Arc<App>,
    _: Publisher,
    PathId(id): PathId<SessionId>,
    JsonBody(wanted): JsonBody<NewSession>,
) -> Result<(StatusCode, Json<SessionBody>), Problem> {
    let guard = SessionGuard {
        participants: wanted.read()?,
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
    get, path = "/api/sessions", summary = "One's sessions, the last one spoken in first", tag = "sessions",
    params(WhoAsks, HowMany),
    responses(
        (status = 200, description = "The sessions", body = Sessions),
        (status = 400, description = "`invalid_parameter`", body = ProblemBody),
        (status = 401, description = "`unauthenticated`, `token_invalid`, `token_expired`, `unknown_user`", body = ProblemBody),
        (status = 503, description = "`unavailable`", body = ProblemBody),
    )
)]
pub async fn list(
    app: Arc<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Sessions>, Problem> {
    let user = identify(&app, &headers, query.as_deref()).await?;
    let limit = query_number(query.as_deref(), "limit")?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST) as usize;
    let sessions = session::list(&*app.store, &user, limit).await?;
    let sessions = sessions.into_iter().map(SessionBody::from).collect();
    Ok(Json(Sessions { sessions }))
}

/// `GET /api/sessions/{id}`
#[utoipa::path(
    get, path = "/api/sessions/{id}", summary = "A session that one takes part in", tag = "sessions",
    params(("id" = String, Path, description = "Its UUID"), WhoAsks),
    responses(
        (status = 200, description = "The session", body = SessionBody),
        (status = 400, description = "`invalid_parameter`", body = ProblemBody),
        (status = 401, description = "`unauthenticated`, `token_invalid`, `token_expired`, `unknown_user`", body = ProblemBody),
        (status = 403, description = "`not_a_participant`, also where there is no such session", body = ProblemBody),
        (status = 404, description = "`not_found`: no session can have this id", body = ProblemBody),
        (status = 503, description = "`unavailable`", body = ProblemBody),
    )
)]
pub async fn show(
    app: Arc<App>,
    headers: HeaderMap,
    PathId(id): PathId<SessionId>,
    RawQuery(query): RawQuery,
) -> Result<Json<SessionBody>, Problem> {
    let user = identify(&app, &headers, query.as_deref()).await?;
    let view = session::view(&*app.store, &id, &user).await?;
    Ok(Json(view.ok_or(AdmissionError::NotAParticipant)?.into()))
}

/// Somebody who could take part in sessions, identified as `negotiate` would.
async fn identify(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<UserId, Problem> {
    let refuse = |error| AdmissionError::from_caller(error, Some(BAD_TOKEN));
    let token = query_parameter(query, "token").map(RawToken::new);
    let caller = app.callers.identify(headers, token.as_ref()).await;
    let caller = caller.map_err(refuse)?;
    let username = query_parameter(query, "username").filter(|name| !name.is_empty());
    match (&caller, &username) {
        (Caller::Anonymous(_), _) => return Err(AdmissionError::Unauthenticated.into()),
        (Caller::Backend(_), None) => {
            let whose = "beside an API token, `username` says whose sessions";
            return Err(Problem::invalid_parameter(whose));
        }
        (Caller::Backend(_), Some(_)) | (Caller::SignedIn(_), _) => {}
    }
    let user = app.callers.user(&caller, username.as_deref());
    let user = user.map_err(refuse)?;
    app.admission.check_known(&user).await?;
    Ok(user)
}
