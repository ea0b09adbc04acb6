//! The events of a connection's life: `connect`, `connected`, `disconnected`.

mod connected;
pub mod greeting;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use webpubsub::upstream::{ConnectRequest, ConnectResponse};

use crate::access::admission::{AdmissionError, Principal};
use crate::access::binding::{Binding, Ticket};
use crate::access::rate_limit::RateLimitKey;
use crate::access::request::{AccessParams, identify};
use crate::access::seal::Purpose;
use crate::app::App;
use crate::conversation::{Conversation, chat};
use crate::functions::upstream::{
    Connection, ConnectionState, JoinedChat, SignedEvent, seal, state_header,
};
use crate::http::problem::Problem;
use crate::ids::target::Channel;
use crate::ids::user_id::UserId;
use crate::logging::{clipped, trace};

pub use connected::connected;

/// `connect`: decides who may connect, and as which user.
///
/// The answer always names user, roles and all groups, so that nothing in the client's token
/// outlives this decision.
pub async fn connect(app: &App, mut event: SignedEvent) -> Result<Response, Problem> {
    let body = event.read_body().await?;
    let id = event.connection_id().to_owned();
    let request = ConnectRequest::from_json(&body)
        .map_err(|_| Problem::invalid_parameter("the connect event's body cannot be read"))?;
    check_origin(app, &request)?;
    let user = event.context().user_id.as_deref();
    let binding = match (user, request.query("sb")) {
        (Some(user), Some(ticket)) => {
            app.admission
                .readmit(negotiated(app, user, ticket)?)
                .await?
        }
        (Some(_), None) | (None, Some(_)) => {
            return Err(Problem::token_invalid(
                "this address was not made by `negotiate`, or not whole",
            ));
        }
        (None, None) => direct_connect(app, &request).await?,
    };
    answer(app, &id, &request, binding).await
}

/// Only browsers send an origin; clients without one pass.
fn check_origin(app: &App, request: &ConnectRequest) -> Result<(), Problem> {
    let (Some(allowed), Some(origin)) = (&app.config.client_origins, request.header("origin"))
    else {
        return Ok(());
    };
    if allowed.iter().any(|a| a.eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    tracing::info!("refused a client of origin {:?}", clipped(origin));
    Err(Problem::origin_not_allowed())
}

/// A client that comes from `negotiate`: the ticket must be whole, unexpired and for this user.
fn negotiated(app: &App, user: &str, ticket: &str) -> Result<Binding, Problem> {
    let refused = || Problem::token_invalid("this address was not made by `negotiate`");
    let user = UserId::parse(user).map_err(|_| refused())?;
    let opened = app
        .sealer
        .open::<Ticket>(Purpose::Binding, user.as_str(), ticket);
    let ticket = opened.map_err(|_| refused())?;
    if ticket.binding.user != user {
        return Err(refused());
    }
    if ticket.exp < app.clock.seconds() {
        return Err(Problem::token_invalid(
            "this address has expired; ask `negotiate` for another",
        ));
    }
    if let Some(parent) = ticket.traceparent {
        trace::continue_from(parent);
    }
    Ok(ticket.binding)
}

/// A client that dials directly: the rules of `negotiate`, applied to the client's URL.
async fn direct_connect(app: &App, request: &ConnectRequest) -> Result<Binding, Problem> {
    let mut form = AccessParams::default();
    for (name, values) in &request.query {
        form.add_all(name, values);
    }
    if form.has_password() {
        return Err(AdmissionError::PasswordRequired.into());
    }
    if form.has_invite() {
        return Err(AdmissionError::InviteRequired.into());
    }
    let form = form.read()?;
    let mut headers = HeaderMap::new();
    let authorization = request.header("authorization");
    if let Some(Ok(value)) = authorization.map(HeaderValue::from_str) {
        headers.insert(axum::http::header::AUTHORIZATION, value);
    }
    let (caller, user) = identify(&app.callers, &headers, &form).await?;
    // Passwords are refused above, so that there is nothing to count.
    let visitor = Principal {
        caller: &caller,
        limit_key: RateLimitKey::User(user.clone()),
        user,
    };
    let admitted = app.admission.admit(visitor, form.access).await?;
    Ok(app.admission.confirm(admitted).await?)
}

async fn answer(
    app: &App,
    connection_id: &str,
    request: &ConnectRequest,
    binding: Binding,
) -> Result<Response, Problem> {
    let now = app.clock.seconds();
    let grants = binding.grants(now);
    let mut groups = grants.groups;
    groups.extend(binding.hidden_groups(now));
    let joined = recent_chats(app, &binding).await;
    groups.extend(
        joined
            .iter()
            .map(|joined| Conversation::Chat(joined.chat.clone()).group()),
    );
    let answer = ConnectResponse {
        user_id: Some(binding.user.to_string()),
        groups: Some(groups),
        roles: Some(grants.roles),
        subprotocol: subprotocol(&request.subprotocols),
    };
    tracing::info!(
        connection.id = connection_id,
        user.id = %binding.user,
        "{} connects",
        binding.user
    );
    let state = ConnectionState::new(binding, joined);
    let sealed = seal(app, connection_id, &state)?;
    Ok((state_header(&sealed), Json(answer)).into_response())
}

/// A connection for chats joins its user's own chats. It joins others when it turns to them, so a
/// failure here does no lasting harm. This costs two range reads and at most 50 reads of chats, 16
/// at a time, however many chats there are.
async fn recent_chats(app: &App, binding: &Binding) -> Vec<JoinedChat> {
    const MAX_JOINED: usize = 50;
    if !binding.has_channel(Channel::Chats) {
        return Vec::new();
    }
    let found = chat::to_join(&*app.store, &binding.user, MAX_JOINED).await;
    let found = found.unwrap_or_else(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the chats of {} cannot be read; it joins none for now",
            binding.user
        );
        Vec::new()
    });
    let joined = found.into_iter();
    joined
        .map(|(chat, membership)| JoinedChat::new(chat, membership))
        .collect()
}

/// The first subprotocol of the client's that the service speaks. The documentation leaves the
/// choice to us.
fn subprotocol(offered: &[String]) -> Option<String> {
    const SPOKEN: [&str; 4] = [
        "json.webpubsub.azure.v1",
        "json.reliable.webpubsub.azure.v1",
        "protobuf.webpubsub.azure.v1",
        "protobuf.reliable.webpubsub.azure.v1",
    ];
    let spoken = |o: &&String| SPOKEN.iter().any(|s| s.eq_ignore_ascii_case(o));
    offered.iter().find(spoken).cloned()
}

/// `disconnected`: a recording that was under way will not be ended. Nothing else is kept of a
/// connection.
pub async fn disconnected(app: &App, event: SignedEvent) -> Response {
    tracing::debug!(connection.id = event.connection_id(), "disconnected");
    if let Ok(connection) = Connection::of(app, &event)
        && let Some(recording) = connection.recording()
    {
        app.recordings.discard(recording).await;
    }
    StatusCode::OK.into_response()
}
