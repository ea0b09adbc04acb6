//! `negotiate`: gives a client the URL, with an access token, to connect to the service.

pub mod body;

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
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
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidBody, MissingTarget, NotAdmitted};
use crate::ids::target::Target;
use crate::logging::trace;
use body::{NegotiateBody, NegotiateQuery, Submission};

/// Where to connect, and as whom.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Negotiated {
    /// The URL for the WebSocket, with its token.
    #[schema(example = "wss://name.webpubsub.azure.com/client/hubs/ViewerHub?access_token=…&sb=…")]
    url: String,
    #[schema(example = "alice")]
    user_id: String,
    /// What the service lets the client do directly; everything else goes through events.
    #[schema(example = json!(["webpubsub.joinLeaveGroup.test"]))]
    roles: Vec<String>,
    #[schema(example = "ViewerHub")]
    hub: String,
    /// The first requested room.
    room: Option<String>,
    /// In seconds.
    expires_in: u64,
    #[schema(example = "2026-01-15T11:30:00Z")]
    expires_at: String,
    /// The groups that the client joins as it connects.
    groups: Vec<String>,
    /// `url` without the token; only with `INCLUDE_ACCESS_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    /// Only with `INCLUDE_ACCESS_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
}

/// Hides the URL and the token, which are credentials.
impl std::fmt::Debug for Negotiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Negotiated({})", self.user_id)
    }
}

/// `GET /api/negotiate`
#[utoipa::path(
    get, path = "/api/negotiate", operation_id = "negotiate", tag = "clients",
    summary = "Request a URL to connect to", security((), ("bearer" = [])),
    params(NegotiateQuery),
    responses(
        (status = 200, description = "Where to connect, and as whom", body = Negotiated),
        NotAdmitted, MissingTarget, Failed,
    )
)]
pub async fn get(app: Arc<App>, peer: Peer, request: Request) -> Result<Response, Problem> {
    answer(&app, peer, request).await
}

/// `POST /api/negotiate`
#[utoipa::path(
    post, path = "/api/negotiate", operation_id = "negotiateWithBody", tag = "clients",
    summary = "The same, with the parameters in a body", security((), ("bearer" = [])),
    params(NegotiateQuery),
    request_body(content(
        (NegotiateBody = "application/json"), (NegotiateBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "Where to connect, and as whom", body = Negotiated),
        InvalidBody, NotAdmitted, MissingTarget, Failed,
    )
)]
pub async fn post(app: Arc<App>, peer: Peer, request: Request) -> Result<Response, Problem> {
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
    let admitted = app.admission.negotiate(principal, request.access).await?;
    // The token comes first: a service that issues none must not cost the caller an invite.
    let token = Token::new(app, &admitted.binding).await?;
    let binding = app.admission.confirm(admitted).await?;
    let negotiated = write_answer(app, token, binding)?;
    // Two tokens, and what they grant.
    let mut body = Vec::with_capacity(2048);
    serde_json::to_writer(&mut body, &negotiated)
        .map_err(|_| Problem::unavailable("the answer cannot be serialised"))?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body).into_response())
}

/// The URL for a client of this binding, which nobody asked for: `doctor` connects as one.
pub(crate) async fn url_for(app: &App, binding: Binding) -> Result<String, Problem> {
    let token = Token::new(app, &binding).await?;
    Ok(write_answer(app, token, binding)?.url)
}

/// The client's token, and what it grants.
struct Token {
    request: ClientTokenRequest,
    access: ClientAccess,
    expires: Timestamp,
}

impl Token {
    async fn new(app: &App, binding: &Binding) -> Result<Self, Problem> {
        let now = app.clock.now();
        let lifetime = app.config.token_lifetime;
        let Grants { roles, groups } = binding.grants(now.as_second());
        let request = ClientTokenRequest {
            user_id: Some(binding.user.to_string()),
            roles,
            groups,
            lifetime,
            protocol: ClientProtocol::Default,
        };
        Ok(Self {
            access: access(app, &request).await?,
            request,
            expires: now + lifetime,
        })
    }
}

/// Seals the binding and writes the answer.
fn write_answer(app: &App, token: Token, binding: Binding) -> Result<Negotiated, Problem> {
    let Token {
        request,
        access: ClientAccess { base_url, token },
        expires,
    } = token;
    let user = binding.user.clone();
    let room = first_room(&binding);
    let ticket = Ticket {
        exp: expires.as_second(),
        binding,
        traceparent: trace::current(),
    };
    let sb = app.sealer.seal(Purpose::Binding, user.as_str(), &ticket);
    let sb = sb.map_err(|_| Problem::unavailable("the binding cannot be serialised"))?;
    tracing::info!(user.id = %user, "negotiated for {user}");
    let with_token = app.config.include_access_token;
    Ok(Negotiated {
        url: [base_url.as_str(), "?access_token=", &token, "&sb=", &sb].concat(),
        user_id: user.to_string(),
        roles: request.roles,
        hub: app.config.web_pubsub.hub.to_string(),
        room,
        expires_in: request.lifetime.as_secs(),
        expires_at: format!("{expires:.0}"),
        groups: request.groups,
        base_url: with_token.then(|| format!("{base_url}?sb={sb}")),
        access_token: with_token.then_some(token),
    })
}

/// Signs the token with the access key, or asks the service for one if there is no key.
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
                    "the service issued no client token: does this app's identity have the role Web PubSub Service Owner?"
                );
                Problem::unavailable("the Web PubSub service issued no token; try again shortly")
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
