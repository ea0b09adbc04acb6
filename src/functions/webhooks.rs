//! The Web PubSub service calls: its validation handshake, and events. Either address takes both,
//! and what an event is follows from `ce-type` alone, so that a hub whose settings swap the two
//! works all the same.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use webpubsub::upstream::{EventKind, allowed_origins, header};

use crate::app::App;
use crate::functions::connect_event;
use crate::functions::message_event;
use crate::functions::upstream::SignedEvent;
use crate::http::problem::{Problem, ProblemBody};
use crate::logging::clipped;

/// `OPTIONS /api/connect_event`
#[utoipa::path(
    options, path = "/api/connect_event", summary = "The service's validation handshake", tag = "webhooks",
    responses((status = 200, description = "`WebHook-Allowed-Origin` names our service"), Refusals)
)]
pub async fn validate_connect(app: Arc<App>, headers: HeaderMap) -> Response {
    validate(&app, &headers)
}

/// `OPTIONS /api/message_event`
#[utoipa::path(
    options, path = "/api/message_event", summary = "The service's validation handshake", tag = "webhooks",
    responses((status = 200, description = "`WebHook-Allowed-Origin` names our service"), Refusals)
)]
pub async fn validate_message(app: Arc<App>, headers: HeaderMap) -> Response {
    validate(&app, &headers)
}

/// `POST /api/connect_event`
#[utoipa::path(
    post, path = "/api/connect_event", summary = "Events of connections: connect, connected, disconnected", tag = "webhooks",
    responses((status = 200, description = "Taken; for `connect` with user, roles and groups"), Refusals)
)]
pub async fn receive_connect(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    receive(&app, request).await
}

/// `POST /api/message_event`
#[utoipa::path(
    post, path = "/api/message_event", summary = "Events that clients send", tag = "webhooks",
    responses((status = 200, description = "The reply to the client, or an error frame"), Refusals)
)]
pub async fn receive_message(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    receive(&app, request).await
}

/// For the OpenAPI document. Either address takes every event, so both refuse alike.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "describes what `Problem` writes")]
enum Refusals {
    /// `invalid_parameter`: it is no event
    #[response(status = 400)]
    NoEvent(ProblemBody),
    /// `unauthenticated`; for `connect` also `token_invalid`, `token_expired`
    #[response(status = 401)]
    NotOurService(ProblemBody),
    /// `forbidden`; for `connect` also `origin_not_allowed` and negotiate's refusals
    #[response(status = 403)]
    NotAdmitted(ProblemBody),
    /// `too_large`
    #[response(status = 413)]
    TooLarge(ProblemBody),
    /// `server_misconfigured`
    #[response(status = 500)]
    Misconfigured(ProblemBody),
    /// `unavailable`: the keys to check it with
    #[response(status = 503)]
    Unavailable(ProblemBody),
}

/// Only our own service may deliver here. A wildcard would let any service of any tenant do so.
fn validate(app: &App, headers: &HeaderMap) -> Response {
    let requested = headers.get_all(header::WEBHOOK_REQUEST_ORIGIN);
    let requested: Vec<_> = requested.iter().filter_map(|v| v.to_str().ok()).collect();
    if requested.is_empty() {
        // A browser's preflight, or somebody looking around. Neither needs anything.
        return StatusCode::OK.into_response();
    }
    let ours = std::slice::from_ref(&app.config.web_pubsub.endpoint);
    let allowed = allowed_origins(requested.iter().copied(), ours);
    if allowed.is_empty() {
        tracing::warn!(
            "refused webhook validation for {:?}: this deployment's service is {}",
            clipped(&requested.join(", ")),
            app.config.web_pubsub.endpoint.authority()
        );
        return Problem::forbidden("this is another service's handler").into_response();
    }
    tracing::info!("webhook validated for {}", allowed.join(", "));
    let mut response = StatusCode::OK.into_response();
    for origin in allowed {
        if let Ok(value) = origin.parse() {
            let headers = response.headers_mut();
            headers.append(header::WEBHOOK_ALLOWED_ORIGIN, value);
        }
    }
    response
}

async fn receive(app: &App, request: Request) -> Result<Response, Problem> {
    let event = SignedEvent::from_request(app, request).await?;
    match event.context().kind.clone() {
        EventKind::Connect => connect_event::connect(app, event).await,
        EventKind::Connected => connect_event::connected(app, event).await,
        EventKind::Disconnected => Ok(connect_event::disconnected(&event)),
        EventKind::User(name) => message_event::user_event(app, event, &name).await,
        // We asked for none of these; they need no answer.
        EventKind::GroupJoined | EventKind::GroupLeft => Ok(StatusCode::OK.into_response()),
    }
}
