//! `negotiate`: the address and token with which a client dials the service.

pub mod body;

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use webpubsub::{ClientAccess, ClientProtocol, ClientTokenRequest, client_token};

use crate::access::admission::Principal;
use crate::access::binding::{Binding, Grants, Ticket};
use crate::access::peer::Peer;
use crate::access::request::{identify, rate_limit_key};
use crate::access::seal::Purpose;
use crate::app::App;
use crate::config::Credential;
use crate::http::problem::{Problem, ProblemBody};
use crate::ids::target::Target;
use body::{NegotiateBody, NegotiateQuery, Submission};

/// Where to dial, and as whom.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Negotiated {
    /// What a client dials, token and all.
    #[schema(example = "wss://name.webpubsub.azure.com/client/hubs/ViewerHub?access_token=…&sb=…")]
    url: String,
    #[schema(example = "alice")]
    user_id: String,
    /// What the client may do by itself; everything else goes through events.
    #[schema(example = json!(["webpubsub.joinLeaveGroup.test"]))]
    roles: Vec<String>,
    #[schema(example = "ViewerHub")]
    hub: String,
    /// The first room asked for.
    room: Option<String>,
    /// Seconds.
    expires_in: u64,
    #[schema(example = "2026-01-15T11:30:00Z")]
    expires_at: String,
    /// What the client is put into as it connects.
    groups: Vec<String>,
    /// `url` without the token; only with `INCLUDE_ACCESS_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    /// Only with `INCLUDE_ACCESS_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
}

/// The address and the token let anybody in.
impl std::fmt::Debug for Negotiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Negotiated({})", self.user_id)
    }
}

/// For the OpenAPI document.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "describes what `Problem` writes")]
enum Refusals {
    /// `missing_target`, `invalid_parameter`
    #[response(status = 400)]
    Malformed(ProblemBody),
    /// `unauthenticated`, `token_invalid`, `token_expired`
    #[response(status = 401)]
    Unidentified(ProblemBody),
    /// `not_a_participant`, `not_a_member`, `forbidden`
    #[response(status = 403)]
    NotAdmitted(ProblemBody),
    /// `too_large`
    #[response(status = 413)]
    TooLarge(ProblemBody),
    /// `rate_limited`
    #[response(status = 429)]
    RateLimited(ProblemBody),
    /// `server_misconfigured`
    #[response(status = 500)]
    Misconfigured(ProblemBody),
    /// `unavailable`
    #[response(status = 503)]
    Unavailable(ProblemBody),
}

/// `GET /api/negotiate`
#[utoipa::path(
    get, path = "/api/negotiate", summary = "Asks for an address to dial", tag = "clients", params(NegotiateQuery),
    responses((status = 200, description = "Where to dial, and as whom", body = Negotiated), Refusals)
)]
pub async fn from_query(app: Arc<App>, peer: Peer, request: Request) -> Result<Response, Problem> {
    answer(&app, peer, request).await
}

/// `POST /api/negotiate`
#[utoipa::path(
    post, path = "/api/negotiate", summary = "The same, with the parameters in a body", tag = "clients", params(NegotiateQuery),
    request_body(content(
        (NegotiateBody = "application/json"), (NegotiateBody = "application/x-www-form-urlencoded"),
    )),
    responses((status = 200, description = "Where to dial, and as whom", body = Negotiated), Refusals)
)]
pub async fn from_body(app: Arc<App>, peer: Peer, request: Request) -> Result<Response, Problem> {
    answer(&app, peer, request).await
}

async fn answer(app: &App, peer: Peer, request: Request) -> Result<Response, Problem> {
    let (headers, submission) = Submission::from_request(request).await?;
    let request = submission.read()?;
    let (caller, user) = identify(&app.callers, &headers, &request).await?;
    let trust_forwarded_for = app.config.trust_forwarded_for;
    let limit_key = rate_limit_key(&caller, &user, peer, &headers, trust_forwarded_for);
    app.negotiate_limit
        .admit(limit_key.clone(), app.clock.seconds())?;
    let principal = Principal {
        caller: &caller,
        user,
        limit_key,
    };
    let binding = app.admission.admit(principal, request.access).await?;
    let negotiated = write_answer(app, binding).await?;
    let no_store = HeaderValue::from_static("no-store");
    Ok(([(CACHE_CONTROL, no_store)], Json(negotiated)).into_response())
}

/// Token, seal and the rest of the answer.
async fn write_answer(app: &App, binding: Binding) -> Result<Negotiated, Problem> {
    let now = app.clock.now();
    let lifetime = app.config.token_lifetime;
    let expires = now + lifetime;
    let Grants { roles, groups } = binding.grants(now.as_second());
    let request = ClientTokenRequest {
        user_id: Some(binding.user.to_string()),
        roles,
        groups,
        lifetime,
        protocol: ClientProtocol::Default,
    };
    let ClientAccess { base_url, token } = access(app, &request).await?;
    let user = binding.user.clone();
    let room = first_room(&binding);
    let ticket = Ticket {
        exp: expires.as_second(),
        binding,
    };
    let sb = app.sealer.seal(Purpose::Binding, user.as_str(), &ticket);
    let sb = sb.map_err(|_| Problem::unavailable("the binding cannot be written"))?;
    tracing::info!(user.id = %user, "negotiated for {user}");
    let shown = app.config.include_access_token;
    Ok(Negotiated {
        url: format!("{base_url}?access_token={token}&sb={sb}"),
        user_id: user.to_string(),
        roles: request.roles,
        hub: app.config.web_pubsub.hub.to_string(),
        room,
        expires_in: lifetime.as_secs(),
        expires_at: format!("{expires:.0}"),
        groups: request.groups,
        base_url: shown.then(|| format!("{base_url}?sb={sb}")),
        access_token: shown.then_some(token),
    })
}

/// With a key the token is made here; without one the service makes it.
async fn access(app: &App, request: &ClientTokenRequest) -> Result<ClientAccess, Problem> {
    let service = &app.config.web_pubsub;
    match &service.credential {
        Credential::Key(key) => Ok(ClientAccess {
            base_url: service.endpoint.client_url(&service.hub, request.protocol),
            token: client_token(
                key,
                &service.endpoint,
                &service.hub,
                request,
                app.clock.system_time(),
            ),
        }),
        Credential::ManagedIdentity { .. } => {
            app.hub.client_access(request).await.map_err(|error| {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the service gave no client token: has this app's identity the role Web PubSub Service Owner?"
                );
                Problem::unavailable("the Web PubSub service gave no token; try again shortly")
            })
        }
    }
}

fn first_room(binding: &Binding) -> Option<String> {
    binding.targets.iter().find_map(|target| match target {
        Target::Room(id) => Some(id.to_string()),
        _ => None,
    })
}
