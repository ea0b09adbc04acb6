//! `chat`: one question, one answer. Without an assistant the answer is an echo, which shows a
//! front end that its words arrive.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::admission::AdmissionError;
use crate::access::caller::RawToken;
use crate::app::App;
use crate::clock::rfc3339;
use crate::http::extract::{query_parameter, read_body, read_json};
use crate::http::problem::{Problem, ProblemBody};

const MAX_MESSAGE: usize = 2000;
const MAX_BODY: usize = 256 * 1024;

#[derive(Debug, Deserialize, ToSchema)]
pub struct Question {
    /// 1 to 2000 characters.
    #[schema(example = "Hello!")]
    message: String,
    /// Anything; it comes back as it is.
    #[serde(default)]
    context: Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Answer {
    #[schema(example = "Echo: Hello!")]
    response: String,
    /// The question again.
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
    post, path = "/api/chat", summary = "Asks a question; without an assistant the answer is an echo", tag = "clients", request_body = Question,
    responses(
        (status = 200, description = "The answer", body = Answer),
        (status = 400, description = "`invalid_parameter`", body = ProblemBody),
        (status = 401, description = "`unauthenticated`, `token_invalid`, `token_expired`", body = ProblemBody),
        (status = 413, description = "`too_large`", body = ProblemBody),
        (status = 500, description = "`server_misconfigured`", body = ProblemBody),
        (status = 503, description = "`unavailable`", body = ProblemBody),
    )
)]
pub async fn chat(app: Arc<App>, request: Request) -> Result<Json<Answer>, Problem> {
    let (parts, body) = request.into_parts();
    let token = query_parameter(parts.uri.query(), "token").map(RawToken::new);
    let caller = app.callers.identify(&parts.headers, token.as_ref()).await;
    caller.map_err(AdmissionError::from)?;
    let question: Question = read_json(&read_body(body, MAX_BODY).await?)?;
    let length = question.message.trim().chars().count();
    if !(1..=MAX_MESSAGE).contains(&length) {
        return Err(Problem::invalid_parameter(
            "`message` has 1 to 2000 characters",
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
