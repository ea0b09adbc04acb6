//! `chat`: one question, one answer. Without an assistant the answer is an echo, so that a front
//! end can test its connection.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::access::admission::AdmissionError;
use crate::access::caller::RawToken;
use crate::app::App;
use crate::clock::rfc3339;
use crate::http::extract::{Query, read_body, read_json};
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidBody, Unauthenticated};

const MAX_MESSAGE: usize = 2000;
const MAX_BODY: usize = 256 * 1024;

#[derive(Debug, Deserialize, ToSchema)]
pub struct Question {
    /// 1 to 2000 characters.
    #[schema(example = "Hello!")]
    message: String,
    /// Any JSON; it is returned unchanged.
    #[serde(default)]
    context: Value,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChatQuery {
    /// A JWT, for callers that cannot set headers.
    #[param(value_type = Option<String>)]
    token: Option<RawToken>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Answer {
    #[schema(example = "Echo: Hello!")]
    response: String,
    /// The question.
    message: String,
    context: Value,
    timestamp: String,
    source: Source,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Source {
    Echo,
}

/// `POST /api/chat`
#[utoipa::path(
    post, path = "/api/chat", operation_id = "chat", tag = "clients",
    summary = "Ask a question; without an assistant the answer is an echo",
    security((), ("bearer" = [])), params(ChatQuery), request_body = Question,
    responses(
        (status = 200, description = "The answer", body = Answer),
        InvalidBody, Unauthenticated, Failed,
    )
)]
pub async fn post(
    app: Arc<App>,
    headers: HeaderMap,
    Query(query): Query<ChatQuery>,
    body: Body,
) -> Result<Json<Answer>, Problem> {
    let caller = app.callers.identify(&headers, query.token.as_ref()).await;
    caller.map_err(AdmissionError::from)?;
    let question: Question = read_json(&read_body(body, MAX_BODY).await?)?;
    let length = question.message.trim().chars().count();
    if !(1..=MAX_MESSAGE).contains(&length) {
        return Err(Problem::invalid_parameter(
            "`message` must have 1 to 2000 characters",
        ));
    }
    Ok(Json(Answer {
        response: format!("Echo: {}", question.message),
        message: question.message,
        context: question.context,
        timestamp: rfc3339(app.clock.now()),
        source: Source::Echo,
    }))
}
