//! `events`: what happens in an organisation, sent to its members who are connected.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::access::caller::rights::Publisher;
use crate::app::App;
use crate::feeds::event::Event;
use crate::feeds::size_limit::SizeLimit;
use crate::http::extract::PathId;
use crate::http::idempotency::{Created, IdempotencyHeader, KeyedCall};
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidBody, KeyConflict, NotFound, NotPublisher};
use crate::ids::target::OrgId;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewEvent)]
pub struct EventInput {
    /// 1 to 256 characters.
    #[schema(example = "user.joined")]
    event_type: String,
    /// Any JSON of at most 64 KiB; it is sent unchanged.
    #[schema(value_type = Value)]
    data: Box<RawValue>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SentEvent {
    /// The `id` in the frame.
    id: String,
}

/// `POST /api/events/{org_id}`
#[utoipa::path(
    post, path = "/api/events/{org_id}", operation_id = "sendEvent", tag = "feeds",
    summary = "Send an event to the connected members of an organisation",
    security(("bearer" = [])),
    params(("org_id" = String, Path, description = "The organisation"), IdempotencyHeader),
    request_body = EventInput,
    responses(
        (status = 202, description = "The event was sent", body = SentEvent),
        InvalidBody, NotPublisher, NotFound, KeyConflict, Failed,
    )
)]
pub async fn create(
    app: Arc<App>,
    publisher: Publisher,
    PathId(org): PathId<OrgId>,
    call: KeyedCall,
) -> Result<Response, Problem> {
    let input: EventInput = call.read()?;
    let event = Event::new(input.event_type, input.data, SizeLimit::HTTP)?;
    let route = format!("events of {org}");
    app.idempotency
        .once(&call, publisher.name(), &route, async |call_id| {
            let id = call_id.to_string();
            event.send(&app.courier, &org, &id).await?;
            Created::new(StatusCode::ACCEPTED, &SentEvent { id })
        })
        .await
}
