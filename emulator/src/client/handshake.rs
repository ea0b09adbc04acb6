//! The WebSocket handshake: turns a request into a connection.

use std::sync::Arc;

use http::header::HOST;
use http::{Request, StatusCode};
use hyper::body::Incoming;

use super::admission::{self, HandshakeError};
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
use crate::upstream::{self, ConnectRequest, Identity, Origin, UpstreamError};
use crate::{config, ids};

/// `GET /client/hubs/{hub}` and `GET /client/?hub={hub}`
pub(crate) async fn handshake(
    app: &Arc<App>,
    mut request: Request<Incoming>,
    hub: &str,
) -> Response {
    match admit(app, &mut request, hub).await {
        Ok(response) => response,
        Err(HandshakeError { status, reason }) => response(status, Some("text/plain"), reason),
    }
}

async fn admit(
    app: &Arc<App>,
    request: &mut Request<Incoming>,
    hub: &str,
) -> Result<Response, HandshakeError> {
    let upgrade = Upgrade::of(request)?;
    if !config::is_hub_name(hub) {
        return Err(HandshakeError::bad_request("The hub name is invalid."));
    }
    let name = hub.to_ascii_lowercase();
    let query = Query::parse(request.uri().query().unwrap_or_default());
    // A recovering client may still send its old token. Ignore it, since it may have expired.
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
    let asked = ConnectRequest {
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
            refused(UpstreamError::Unusable(
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
    let epoch = session.enter_hub(&groups);
    let accepted = upgrade.accept(subprotocol.as_deref());
    // This task notices by itself when the emulator stops, and closes the socket properly.
    tokio::spawn(async move { session.first_socket(upgrade.socket().await, epoch).await });
    Ok(accepted)
}

/// Applies the handler's decisions on top of the token's values.
fn merge(
    mut identity: Identity,
    claims: &Claims,
    admission: upstream::ConnectResponse,
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

fn refused(failure: UpstreamError) -> HandshakeError {
    let error: &dyn std::error::Error = &failure;
    tracing::warn!(error, "refused a client because of its connect event");
    let status = match failure {
        UpstreamError::Refused(answer) if !answer.status.is_redirection() => answer.status,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    HandshakeError {
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
    /// Adds the connection to its hub before the client gets `connected`, so that no message is
    /// lost from then on.
    fn enter_hub(&self, groups: &[String]) -> outbox::SocketEpoch {
        let reconnection_token = self.reconnection_token();
        let connection = &self.connection;
        let epoch = connection.outbox.attach(self.app.clock.unix_ms());
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
        epoch
    }
}
