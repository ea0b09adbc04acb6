//! The life of a connection: it asks to come in, it is in, it is gone.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use webpubsub::upstream::{ConnectRequest, ConnectResponse};
use webpubsub::{Payload, SendOptions};

use crate::access::admission::{AdmissionError, Principal};
use crate::access::binding::{Binding, Ticket};
use crate::access::rate_limit::RateLimitKey;
use crate::access::request::{AccessParams, identify};
use crate::access::seal::Purpose;
use crate::app::App;
use crate::azure::web_pubsub::{CallError, join_with_timeout};
use crate::conversation::{Conversation, chat};
use crate::functions::upstream::{
    Connection, ConnectionState, JoinedChat, SignedEvent, seal, state_header,
};
use crate::http::problem::Problem;
use crate::ids::target::{Channel, Target};
use crate::ids::user_id::UserId;
use crate::logging::clipped;

/// `connect`: decides who comes in, and as whom.
///
/// The answer always names user, roles and all groups, so that nothing in the client's token
/// outlives what is decided here.
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

/// Origins that browsers send; other clients send none, and pass.
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

/// One who comes from `negotiate`: the ticket must be whole, unexpired and for this very user.
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
    Ok(ticket.binding)
}

/// One who dials straight: the very rules of `negotiate`, with what the client's URL says.
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
    let grants = binding.grants(app.clock.seconds());
    let mut groups = grants.groups;
    groups.push(binding.user_group());
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

/// The first that the service can speak of those that the client offers. With several offered
/// the documentation leaves the choice to us.
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

/// What a fresh connection is told, one frame for each thing it is bound to.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Greeting<'a> {
    #[serde(rename = "connection", rename_all = "camelCase")]
    Audio {
        connection_id: &'a str,
        message: &'static str,
    },
    #[serde(rename = "connection.established")]
    Notifications {
        message: &'static str,
        user_id: &'a str,
    },
    #[serde(rename = "connection.established")]
    Organization {
        message: &'static str,
        org_id: &'a str,
    },
}

/// `connected`: greets. The event's answer cannot carry frames, so they go out by REST.
pub async fn connected(app: &App, event: SignedEvent) -> Result<Response, Problem> {
    let connection = Connection::of(app, &event)?;
    let binding = connection.binding();
    let (id, user) = (connection.id(), &binding.user);
    let greetings = binding.targets.iter().filter_map(|target| {
        let greeting = greeting(target, id, user)?;
        Some(async move { greet(app, id, &greeting).await })
    });
    // A client that is gone again misses nothing, and the service does not repeat the event.
    if let Err(error) = join_with_timeout(greetings).await {
        tracing::warn!(
            connection.id = connection.id(),
            error = &error as &dyn std::error::Error,
            "a greeting could not be sent"
        );
    }
    Ok(StatusCode::OK.into_response())
}

async fn greet(app: &App, connection_id: &str, greeting: &Greeting<'_>) -> Result<(), CallError> {
    let frame = Payload::json(greeting).map_err(CallError::Json)?;
    let options = SendOptions::default();
    app.hub
        .send_to_connection(connection_id, frame, &options)
        .await?;
    Ok(())
}

fn greeting<'a>(
    target: &'a Target,
    connection_id: &'a str,
    user: &'a UserId,
) -> Option<Greeting<'a>> {
    match target {
        Target::Channel(Channel::Audio) => Some(Greeting::Audio {
            connection_id,
            message: "Connected. Send audio frames.",
        }),
        Target::Channel(Channel::Notifications) => Some(Greeting::Notifications {
            message: "Connected to notifications.",
            user_id: user.as_str(),
        }),
        Target::Org(org) => Some(Greeting::Organization {
            message: "Connected to organization events.",
            org_id: org.as_str(),
        }),
        Target::Room(_)
        | Target::Chat(_)
        | Target::Session(_)
        | Target::Device(_)
        | Target::Channel(Channel::Chats) => None,
    }
}

/// `disconnected`: nothing is kept of a connection, so nothing is left to clear away.
pub fn disconnected(event: &SignedEvent) -> Response {
    tracing::debug!(connection.id = event.connection_id(), "disconnected");
    StatusCode::OK.into_response()
}
