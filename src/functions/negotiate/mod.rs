//! `negotiate`: gives a client the URL, with an access token, to connect to the service.

pub mod body;

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
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
use crate::ids::target::{RoomId, Target};
use crate::logging::trace;
use body::{NegotiateBody, NegotiateQuery, Submission};

/// Where to connect, and as whom.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Negotiated<'a> {
    /// The URL for the WebSocket, with its token.
    // Written as it is: no character of a URL is escaped in JSON.
    #[schema(
        value_type = String,
        example = "wss://name.webpubsub.azure.com/client/hubs/ViewerHub?access_token=…&sb=…"
    )]
    url: Box<RawValue>,
    #[schema(example = "alice")]
    user_id: &'a str,
    /// What the service lets the client do directly; everything else goes through events.
    #[schema(example = json!(["webpubsub.joinLeaveGroup.test"]))]
    roles: &'a [String],
    #[schema(example = "ViewerHub")]
    hub: &'a str,
    /// The first requested room.
    room: Option<&'a str>,
    /// In seconds.
    expires_in: u64,
    #[schema(example = "2026-01-15T11:30:00Z")]
    expires_at: String,
    /// The groups that the client joins as it connects.
    groups: &'a [String],
    /// `url` without the token; only with `INCLUDE_ACCESS_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    /// Only with `INCLUDE_ACCESS_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<&'a str>,
}

/// Hides the URL and the token, which are credentials.
impl std::fmt::Debug for Negotiated<'_> {
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
        (status = 200, description = "Where to connect, and as whom", body = Negotiated<'static>),
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
        (status = 200, description = "Where to connect, and as whom", body = Negotiated<'static>),
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
    let body = write_answer(app, token, binding)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body).into_response())
}

/// The URL for a client of this binding, which nobody asked for: `doctor` connects as one.
pub(crate) async fn url_for(app: &App, binding: Binding) -> Result<String, Problem> {
    let token = Token::new(app, &binding).await?;
    let sb = seal(app, &token.ticket(binding))?;
    Ok(token.url(&sb))
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

    fn ticket(&self, binding: Binding) -> Ticket {
        Ticket {
            exp: self.expires.as_second(),
            binding,
            traceparent: trace::current(),
        }
    }

    fn url(&self, sb: &str) -> String {
        let ClientAccess { base_url, token } = &self.access;
        [base_url, "?access_token=", token, "&sb=", sb].concat()
    }
}

fn seal(app: &App, ticket: &Ticket) -> Result<String, Problem> {
    let user = ticket.binding.user.as_str();
    let sealed = app.sealer.seal(Purpose::Binding, user, ticket);
    sealed.map_err(|_| Problem::unavailable("the binding cannot be serialised"))
}

/// Seals the binding and writes the answer.
fn write_answer(app: &App, token: Token, binding: Binding) -> Result<Vec<u8>, Problem> {
    let unwritable = |_| Problem::unavailable("the answer cannot be serialised");
    let ticket = token.ticket(binding);
    let sb = seal(app, &ticket)?;
    let url = ["\"", &token.url(&sb), "\""].concat();
    let user = &ticket.binding.user;
    tracing::debug!(user.id = %user, "negotiated for {user}");
    let base_url = &token.access.base_url;
    let with_token = app.config.include_access_token;
    let negotiated = Negotiated {
        url: RawValue::from_string(url).map_err(unwritable)?,
        user_id: user.as_str(),
        roles: &token.request.roles,
        hub: app.config.web_pubsub.hub.as_str(),
        room: ticket
            .binding
            .targets
            .iter()
            .find_map(Target::as_room)
            .map(RoomId::as_str),
        expires_in: token.request.lifetime.as_secs(),
        expires_at: format!("{:.0}", token.expires),
        groups: &token.request.groups,
        base_url: with_token.then(|| format!("{base_url}?sb={sb}")),
        access_token: with_token.then_some(&token.access.token),
    };
    // Two tokens, and what they grant.
    let mut body = Vec::with_capacity(2048);
    serde_json::to_writer(&mut body, &negotiated).map_err(unwritable)?;
    Ok(body)
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
