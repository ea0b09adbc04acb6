//! `users`: the users that a back end has registered.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::caller::rights::Publisher;
use crate::app::App;
use crate::conversation::ConversationError;
use crate::conversation::directory::{self, KnownUser, Upserted};
use crate::http::extract::{JsonBody, Query};
use crate::http::problem::Problem;
use crate::http::problem::responses::{
    Failed, InvalidBody, InvalidParameter, NotFound, NotPublisher,
};
use crate::ids::user_id::UserId;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UserInput)]
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
pub struct UserQuery {
    #[param(value_type = String, example = "alice")]
    user_id: UserId,
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
    put, path = "/api/users", operation_id = "putUser", tag = "users",
    summary = "Register a user, or change the name", security(("bearer" = [])),
    request_body = UserInput,
    responses(
        (status = 200, description = "The user was registered before and has this name now", body = UserBody),
        (status = 201, description = "The user is registered", body = UserBody),
        InvalidBody, NotPublisher, Failed,
    )
)]
pub async fn put(
    app: Arc<App>,
    _: Publisher,
    JsonBody(input): JsonBody<UserInput>,
) -> Result<(StatusCode, Json<UserBody>), Problem> {
    let user = KnownUser::new(input.user_id, &input.name)?;
    let status = match directory::upsert(&*app.store, &user).await {
        Ok(Upserted::Created) => StatusCode::CREATED,
        Ok(Upserted::Updated) => StatusCode::OK,
        Err(error) => return Err(ConversationError::from(error).into()),
    };
    Ok((status, Json(user.into())))
}

/// `GET /api/users`
#[utoipa::path(
    get, path = "/api/users", operation_id = "getUser", tag = "users",
    summary = "A registered user", security(("bearer" = [])), params(UserQuery),
    responses(
        (status = 200, description = "The user", body = UserBody),
        InvalidParameter, NotPublisher, NotFound, Failed,
    )
)]
pub async fn get(
    app: Arc<App>,
    _: Publisher,
    Query(UserQuery { user_id }): Query<UserQuery>,
) -> Result<Json<UserBody>, Problem> {
    let found = directory::find(&*app.store, &user_id).await?;
    let user = found.ok_or_else(|| Problem::not_found("unknown user"))?;
    Ok(Json(user.into()))
}
