//! The WebSocket handshake: from a request to a connection.

use std::sync::Arc;

use http::header::HOST;
use http::{Request, StatusCode};
use hyper::body::Incoming;

use super::admission::{self, Refusal};
use super::recovery;
use super::session::Session;
use super::upgrade::Upgrade;
use crate::app::App;
use crate::config::SystemEvent;
use crate::connection::Connection;
use crate::frame::{ServerFrame, SimpleMode};
use crate::outbox;
use crate::protocol::Agreed;
use crate::query::Query;
use crate::response::{Response, response};
use crate::token::Claims;
use crate::upstream::{self, ClientRequest, Failure, Identity, Origin};
use crate::{config, ids};

/// `GET /client/hubs/{hub}` and `GET /client/?hub={hub}`
pub(crate) async fn handshake(
    app: &Arc<App>,
    mut request: Request<Incoming>,
    hub: &str,
) -> Response {
    match admit(app, &mut request, hub).await {
        Ok(response) => response,
        Err(Refusal { status, reason }) => response(status, Some("text/plain"), reason),
    }
}

async fn admit(
    app: &Arc<App>,
    request: &mut Request<Incoming>,
    hub: &str,
) -> Result<Response, Refusal> {
    let upgrade = Upgrade::of(request)?;
    if !config::is_hub_name(hub) {
        return Err(Refusal::bad_request("The hub name is invalid."));
    }
    let name = hub.to_ascii_lowercase();
    let query = Query::parse(request.uri().query().unwrap_or_default());
    // A client that recovers may still show its old token, which may have expired meanwhile.
    if let Some(id) = query.get("awps_connection_id") {
        let token = query.get("awps_reconnection_token").unwrap_or_default();
        return Ok(recovery::accept(
            app,
            app.known_hub(&name),
            upgrade,
            id,
            token,
        ));
    }

    let config = app.hub_config(&name);
    let host = host(request);
    let claims = admission::authenticate(app, &config, &name, host, &query, request.headers())?;
    let hub = app.hub(&name);
    let mut agreed = Agreed::from_offer(&upgrade.offered);
    let mode = if agreed.protocol.is_simple() {
        admission::simple_mode(&query)?
    } else {
        SimpleMode::default()
    };

    let mut identity = Identity::new(
        &ids::connection_id(),
        &hub.name,
        Origin::new(host),
        &app.keys,
    );
    identity.set_user(claims.user());
    let asked = ClientRequest {
        claims: &claims,
        query: &query,
        headers: request.headers(),
        subprotocols: &upgrade.offered,
    };
    let admission = app
        .upstream
        .connect(&hub.name, &config, &identity, &asked)
        .await
        .map_err(refused)?;
    if let Some(choice) = &admission.subprotocol {
        agreed = Agreed::chosen(choice, &upgrade.offered).ok_or_else(|| {
            refused(Failure::Unusable(
                "it chose a subprotocol that the client did not offer",
            ))
        })?;
    }

    let subprotocol = agreed.subprotocol.clone();
    let (connection, groups) = merge(identity, &claims, admission, agreed);
    let connection = Arc::new(connection);
    let session = Session {
        app: app.clone(),
        hub,
        connection,
        mode,
    };
    let number = session.welcome(&groups);
    let accepted = upgrade.accept(subprotocol.as_deref());
    // It sees by itself that the emulator stops, and says goodbye.
    tokio::spawn(async move { session.first_socket(upgrade.socket().await, number).await });
    Ok(accepted)
}

/// The handler's decisions over the token's values.
fn merge(
    mut identity: Identity,
    claims: &Claims,
    admission: upstream::Admission,
    agreed: Agreed,
) -> (Connection, Vec<String>) {
    let user = match &admission.user_id {
        Some(user) => Some(user.as_str()).filter(|user| !user.is_empty()),
        None => claims.user(),
    };
    let roles = admission.roles.unwrap_or_else(|| claims.strings("role"));
    let groups = admission
        .groups
        .filter(|groups| !groups.is_empty())
        .unwrap_or_else(|| claims.strings("webpubsub.group"));
    identity.set_user(user);
    identity.set_subprotocol(agreed.subprotocol.as_deref());
    let connection = Connection::new(identity, user, agreed, roles);
    (connection, groups)
}

fn refused(failure: Failure) -> Refusal {
    let error: &dyn std::error::Error = &failure;
    tracing::warn!(error, "a client was refused by its connect event");
    let status = match failure {
        Failure::Refused(answer) if !answer.status.is_redirection() => answer.status,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Refusal {
        status,
        reason: "The connect event handler rejected the connection.",
    }
}

fn host<B>(request: &Request<B>) -> &str {
    let header = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    header
        .or_else(|| {
            request
                .uri()
                .authority()
                .map(|authority| authority.as_str())
        })
        .unwrap_or_default()
}

impl Session {
    /// Lets the connection into its hub before the client hears that it is in: from then on
    /// nothing sent to it may be lost.
    fn welcome(&self, groups: &[String]) -> outbox::Socket {
        let reconnection_token = self.reconnection_token();
        let connection = &self.connection;
        let number = connection.outbox.attach(self.app.clock.unix_ms());
        connection.outbox.push_frame(ServerFrame::Connected {
            connection: connection.id.clone(),
            user: connection.user.clone(),
            reconnection_token,
        });
        self.hub.insert(connection);
        self.app
            .notify(&self.hub, connection, SystemEvent::Connected, "{}".into());
        for group in groups {
            self.app.join(&self.hub, connection, group);
        }
        number
    }
}
