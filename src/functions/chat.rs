//! `chat`: one question, one answer. Without Azure OpenAI the answer is an echo, so that a front end
//! can test its connection.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::access::admission::AdmissionError;
use crate::access::caller::{Caller, RawToken};
use crate::access::peer::Peer;
use crate::access::rate_limit::RateLimitKey;
use crate::app::App;
use crate::clock::rfc3339;
use crate::http::extract::{Query, read_body, read_json};
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidBody, NotAnswered, Unauthenticated};
use crate::ids::user_id::UserId;

const MAX_MESSAGE: usize = 2000;
/// Of JSON, if the assistant reads it.
const MAX_CONTEXT: usize = 8000;
const MAX_BODY: usize = 256 * 1024;

#[derive(Debug, Deserialize, ToSchema)]
pub struct Question {
    /// 1 to 2000 characters.
    #[schema(example = "Hello!")]
    message: String,
    /// Any JSON; it is returned unchanged. The assistant reads it, up to 8000 characters.
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
    Assistant,
}

/// `POST /api/chat`
#[utoipa::path(
    post, path = "/api/chat", operation_id = "chat", tag = "clients",
    summary = "Ask a question; without an assistant the answer is an echo",
    security((), ("bearer" = [])), params(ChatQuery), request_body = Question,
    responses(
        (status = 200, description = "The answer", body = Answer),
        InvalidBody, Unauthenticated, NotAnswered, Failed,
    )
)]
pub async fn post(
    app: Arc<App>,
    peer: Peer,
    headers: HeaderMap,
    Query(query): Query<ChatQuery>,
    body: Body,
) -> Result<Json<Answer>, Problem> {
    let caller = app.callers.identify(&headers, query.token.as_ref()).await;
    let caller = caller.map_err(AdmissionError::from)?;
    let question: Question = read_json(&read_body(body, MAX_BODY).await?)?;
    let length = question.message.trim().chars().count();
    if !(1..=MAX_MESSAGE).contains(&length) {
        return Err(Problem::invalid_parameter(
            "`message` must have 1 to 2000 characters",
        ));
    }
    let (response, source) = if app.assistant.replies() {
        let key = limit_key(&app, &caller, peer, &headers);
        let is_anonymous = matches!(caller, Caller::Anonymous(_));
        (
            ask(&app, key, is_anonymous, &question).await?,
            Source::Assistant,
        )
    } else {
        (format!("Echo: {}", question.message), Source::Echo)
    };
    Ok(Json(Answer {
        response,
        message: question.message,
        context: question.context,
        timestamp: rfc3339(app.clock.now()),
        source,
    }))
}

async fn ask(
    app: &App,
    key: RateLimitKey,
    is_anonymous: bool,
    question: &Question,
) -> Result<String, Problem> {
    if !app.assistant.admits(is_anonymous) {
        return Err(Problem::forbidden("sign in to ask the assistant"));
    }
    if question.context.to_string().chars().count() > MAX_CONTEXT {
        return Err(Problem::invalid_parameter(
            "`context` must have at most 8000 characters of JSON",
        ));
    }
    let caller = key.hash();
    app.question_limit.admit(key, app.clock.seconds())?;
    let reply = app
        .assistant
        .reply(&caller, &question.message, &question.context);
    Ok(reply.await?)
}

/// All back ends are one caller, since they share the API token. An anonymous caller is counted by
/// its address, since it may take any name.
fn limit_key(app: &App, caller: &Caller, peer: Peer, headers: &HeaderMap) -> RateLimitKey {
    match caller {
        Caller::SignedIn(sign_in) => RateLimitKey::User(sign_in.user().clone()),
        Caller::Backend(_) => RateLimitKey::User(UserId::publisher()),
        Caller::Anonymous(_) => {
            RateLimitKey::at(peer.address(headers, app.config.trust_forwarded_for))
        }
    }
}
