//! `users`: whom a back end has told us of.

use std::sync::Arc;

use axum::Json;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::caller::rights::Publisher;
use crate::app::App;
use crate::conversation::ConversationError;
use crate::conversation::directory::{self, KnownUser, Telling};
use crate::http::extract::{JsonBody, query_parameter};
use crate::http::problem::{Problem, ProblemBody};
use crate::ids::user_id::UserId;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UserToKnow)]
pub struct UserInput {
    #[schema(value_type = String, example = "alice")]
    user_id: UserId,
    /// 1 to 128 characters.
    #[schema(example = "Alice")]
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    #[schema(example = "alice")]
    user_id: String,
    #[schema(example = "Alice")]
    name: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query")]
pub struct WhichUser {
    #[param(example = "alice")]
    user_id: String,
}

impl From<KnownUser> for UserBody {
    fn from(user: KnownUser) -> Self {
        Self {
            user_id: user.user_id.into(),
            name: user.name,
        }
    }
}

/// `PUT /api/users`
#[utoipa::path(
    put, path = "/api/users", summary = "Tells of a user", tag = "users", request_body = UserInput,
    responses(
        (status = 200, description = "The user was known; the name is this now", body = UserBody),
        (status = 201, description = "The user is known from now on", body = UserBody),
        (status = 400, description = "`invalid_parameter`", body = ProblemBody),
        (status = 401, description = "`unauthenticated`, `token_invalid`, `token_expired`", body = ProblemBody),
        (status = 403, description = "`forbidden`: this takes a publisher", body = ProblemBody),
        (status = 413, description = "`too_large`", body = ProblemBody),
        (status = 503, description = "`unavailable`", body = ProblemBody),
    )
)]
pub async fn tell(
    app: Arc<App>,
    _: Publisher,
    JsonBody(told): JsonBody<UserInput>,
) -> Result<(StatusCode, Json<UserBody>), Problem> {
    let user = KnownUser::new(told.user_id, &told.name)?;
    let status = match directory::tell(&*app.store, &user).await {
        Ok(Telling::News) => StatusCode::CREATED,
        Ok(Telling::Known) => StatusCode::OK,
        Err(error) => return Err(ConversationError::from(error).into()),
    };
    Ok((status, Json(user.into())))
}

/// `GET /api/users`
#[utoipa::path(
    get, path = "/api/users", summary = "What is known of a user", tag = "users", params(WhichUser),
    responses(
        (status = 200, description = "The user", body = UserBody),
        (status = 400, description = "`invalid_parameter`", body = ProblemBody),
        (status = 401, description = "`unauthenticated`, `token_invalid`, `token_expired`", body = ProblemBody),
        (status = 403, description = "`forbidden`: this takes a publisher", body = ProblemBody),
        (status = 404, description = "`not_found`", body = ProblemBody),
        (status = 503, description = "`unavailable`", body = ProblemBody),
    )
)]
pub async fn find(
    app: Arc<App>,
    _: Publisher,
    RawQuery(query): RawQuery,
) -> Result<Json<UserBody>, Problem> {
    let named = query_parameter(query.as_deref(), "user_id")
        .ok_or(Problem::invalid_parameter("`user_id` says which user"))?;
    let user = UserId::parse(&named)
        .map_err(|error| Problem::invalid_parameter(format!("`user_id`: {error}")))?;
    let found = directory::find(&*app.store, &user).await?;
    let found = found.ok_or(Problem::not_found("nobody has told us of this user"))?;
    Ok(Json(found.into()))
}
