//! Calls from the Web PubSub service: its validation handshake, and events. Both addresses accept
//! every event, and only `ce-type` decides what an event is, so that a hub whose settings swap
//! the two addresses works too.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use webpubsub::upstream::{EventKind, allowed_origins, header};

use crate::app::App;
use crate::functions::upstream::SignedEvent;
use crate::functions::{connect_event, message_event};
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, NotOurEvent, NotOurService};
use crate::logging::clipped;

/// `OPTIONS /api/connect_event`
#[utoipa::path(
    options, path = "/api/connect_event", operation_id = "validateConnectEvent", tag = "webhooks",
    summary = "The Web PubSub service's validation handshake", security(()),
    responses(
        (status = 200, description = "`WebHook-Allowed-Origin` names our service"),
        NotOurService, Failed,
    )
)]
pub async fn validate_connect(app: Arc<App>, headers: HeaderMap) -> Response {
    validate(&app, &headers)
}

/// `OPTIONS /api/message_event`
#[utoipa::path(
    options, path = "/api/message_event", operation_id = "validateMessageEvent", tag = "webhooks",
    summary = "The Web PubSub service's validation handshake", security(()),
    responses(
        (status = 200, description = "`WebHook-Allowed-Origin` names our service"),
        NotOurService, Failed,
    )
)]
pub async fn validate_message(app: Arc<App>, headers: HeaderMap) -> Response {
    validate(&app, &headers)
}

/// `POST /api/connect_event`
#[utoipa::path(
    post, path = "/api/connect_event", operation_id = "receiveConnectEvent", tag = "webhooks",
    summary = "Connection events: connect, connected, disconnected",
    security(("signature" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "Accepted; for `connect` with user, roles and groups"),
        NotOurEvent, Failed,
    )
)]
pub async fn receive_connect(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    receive(&app, request).await
}

/// `POST /api/message_event`
#[utoipa::path(
    post, path = "/api/message_event", operation_id = "receiveMessageEvent", tag = "webhooks",
    summary = "Events that clients send", security(("signature" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The reply to the client, or an error frame"),
        NotOurEvent, Failed,
    )
)]
pub async fn receive_message(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    receive(&app, request).await
}

/// Allows only our own service to deliver events. A wildcard would allow every service of every
/// tenant.
fn validate(app: &App, headers: &HeaderMap) -> Response {
    let requested = headers.get_all(header::WEBHOOK_REQUEST_ORIGIN);
    let requested: Vec<_> = requested.iter().filter_map(|v| v.to_str().ok()).collect();
    if requested.is_empty() {
        // A browser's preflight, or a probe. Neither needs a header.
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
        return Problem::forbidden("this handler belongs to another service").into_response();
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
        EventKind::Disconnected => Ok(connect_event::disconnected(app, event).await),
        EventKind::User(name) => message_event::user_event(app, event, &name).await,
        // We do not subscribe to these; they need no answer.
        EventKind::GroupJoined | EventKind::GroupLeft => Ok(StatusCode::OK.into_response()),
    }
}
