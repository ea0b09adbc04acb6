//! Recovery: a reliable connection continues on another socket.

use std::sync::Arc;

use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message as WsMessage;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::session::Session;
use super::socket::{self, Socket};
use super::upgrade::Upgrade;
use crate::app::App;
use crate::connection::Connection;
use crate::frame::{ServerFrame, SimpleMode};
use crate::hub::Hub;
use crate::outbox::{self, Interruption};
use crate::protocol::Agreed;
use crate::response::Response;
use crate::token::{Claims, sign};

const TOKEN_ISSUER: &str = "https://webpubsub.azure.com";
const TOKEN_LIFE_SECONDS: i64 = 7 * 24 * 60 * 60;

/// Always completes the upgrade, because clients retry after an HTTP error. Only a close with 1008
/// tells them that the connection cannot be recovered.
pub(super) fn accept(
    app: &Arc<App>,
    hub: Option<Arc<Hub>>,
    upgrade: Upgrade,
    id: &str,
    token: &str,
) -> Response {
    let found = hub.and_then(|hub| {
        let connection = hub.connection(id)?;
        is_for(app, &connection, token).then_some((hub, connection))
    });
    let subprotocol = match &found {
        Some((_, connection)) => connection.agreed.subprotocol.clone(),
        None => Agreed::from_offer(&upgrade.offered).subprotocol,
    };
    // Do not name a subprotocol that the client did not offer.
    let subprotocol = subprotocol.filter(|name| {
        upgrade
            .offered
            .iter()
            .any(|offer| offer.eq_ignore_ascii_case(name))
    });
    let accepted = upgrade.accept(subprotocol.as_deref());
    let app = app.clone();
    tokio::spawn(async move {
        let Some(socket) = upgrade.socket().await else {
            return;
        };
        match found {
            Some((hub, connection)) => {
                let session = Session {
                    app,
                    hub,
                    connection,
                    mode: SimpleMode::default(),
                };
                session.next_socket(socket).await;
            }
            None => refuse(&app, socket).await,
        }
    });
    accepted
}

/// Waits for the client of an imported connection, which has no socket yet.
pub(crate) fn await_recovery(app: &Arc<App>, hub: Arc<Hub>, connection: Arc<Connection>) {
    let session = Session {
        app: app.clone(),
        hub,
        connection,
        mode: SimpleMode::default(),
    };
    tokio::spawn(async move { session.await_recovery(outbox::SocketEpoch::default()).await });
}

fn is_for(app: &App, connection: &Connection, token: &str) -> bool {
    connection.agreed.protocol.is_reliable()
        && Claims::verify(token, &app.keys, app.clock.unix_seconds()).is_ok_and(|claims| {
            claims
                .strings("aud")
                .iter()
                .any(|audience| **audience == *connection.id)
        })
}

async fn refuse(app: &App, mut socket: Socket) {
    let limit = app.timing.close_timeout;
    let frame = CloseFrame {
        code: CloseCode::Policy,
        reason: "The connection could not be recovered.".into(),
    };
    let _ = tokio::time::timeout(limit, socket.send(WsMessage::Close(Some(frame)))).await;
    socket::linger(socket, limit).await;
}

impl Session {
    /// The token for recovering this connection. Only reliable connections have one.
    pub(super) fn reconnection_token(&self) -> Option<String> {
        let reliable = self.connection.agreed.protocol.is_reliable();
        let expires = self.app.clock.unix_seconds() + TOKEN_LIFE_SECONDS;
        let claims = json!({ "iss": TOKEN_ISSUER, "aud": &*self.connection.id, "exp": expires });
        reliable.then(|| sign(&claims, &self.app.keys))
    }

    /// Runs the first socket; it is `None` if the client left before the upgrade was complete.
    pub(super) async fn first_socket(self, socket: Option<Socket>, epoch: outbox::SocketEpoch) {
        match socket {
            Some(socket) => self.run(socket, epoch).await,
            None => self.end("The connection ended."),
        }
    }

    async fn next_socket(self, socket: Socket) {
        let epoch = self.connection.outbox.attach(self.app.clock.unix_ms());
        if self.connection.has_ended() {
            return refuse(&self.app, socket).await;
        }
        // Publishers resume their streams only after a `connected` frame. Other clients do not
        // expect another one.
        if !self.connection.streams.is_empty() {
            self.send(ServerFrame::Connected {
                connection: self.connection.id.clone(),
                user: self.connection.user.clone(),
                reconnection_token: self.reconnection_token(),
            });
        }
        self.run(socket, epoch).await;
    }

    async fn run(self, socket: Socket, epoch: outbox::SocketEpoch) {
        // Boxed, so that a connection that only waits does not take the memory of one that serves.
        if Box::pin(self.serve(socket, epoch)).await {
            self.await_recovery(epoch).await;
        } else if !self.connection.has_ended() && !self.connection.outbox.is_replaced(epoch) {
            self.end("The connection ended.");
        }
    }

    /// Ends the connection if no client recovers it within the recovery window.
    async fn await_recovery(&self, epoch: outbox::SocketEpoch) {
        let window = self.app.timing.recovery_window;
        tokio::select! {
            why = self.connection.outbox.interrupted(epoch) => match why {
                Interruption::Replaced | Interruption::Closed | Interruption::Cut => {}
                Interruption::Overflowed => self.end("Too many messages wait for the disconnected client."),
            },
            () = self.app.clock.sleep(window) => self.end("The connection recovery timeout expired."),
            () = self.app.stopped() => {}
        }
    }
}
