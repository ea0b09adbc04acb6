//! Recovery: a reliable connection goes on with another socket.

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
use crate::outbox::{self, Severed};
use crate::protocol::Agreed;
use crate::response::Response;
use crate::token::{Claims, sign};

const TOKEN_ISSUER: &str = "https://webpubsub.azure.com";
const TOKEN_LIFE_SECONDS: i64 = 7 * 24 * 60 * 60;

/// Takes the upgrade in any case: to a client an HTTP error means that it should try again, only
/// a close with 1008 says that there is nothing to recover.
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
    // A client that did not offer a subprotocol must not be given one.
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

/// For a connection that never had a socket here.
pub(crate) fn await_recovery(app: &Arc<App>, hub: Arc<Hub>, connection: Arc<Connection>) {
    let session = Session {
        app: app.clone(),
        hub,
        connection,
        mode: SimpleMode::default(),
    };
    tokio::spawn(async move { session.await_recovery(outbox::Socket::default()).await });
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
    let patience = app.timing.close_timeout;
    let frame = CloseFrame {
        code: CloseCode::Policy,
        reason: "The connection could not be recovered.".into(),
    };
    let _ = tokio::time::timeout(patience, socket.send(WsMessage::Close(Some(frame)))).await;
    socket::linger(socket, patience).await;
}

impl Session {
    /// What a client shows to recover this connection; only reliable ones have it.
    pub(super) fn reconnection_token(&self) -> Option<String> {
        let reliable = self.connection.agreed.protocol.is_reliable();
        let expires = self.app.clock.unix_seconds() + TOKEN_LIFE_SECONDS;
        let claims = json!({ "iss": TOKEN_ISSUER, "aud": &*self.connection.id, "exp": expires });
        reliable.then(|| sign(&claims, &self.app.keys))
    }

    /// The socket of the handshake; `None` if the client was gone before it was in.
    pub(super) async fn first_socket(self, socket: Option<Socket>, number: outbox::Socket) {
        match socket {
            Some(socket) => self.run(socket, number).await,
            None => self.end("The connection ended."),
        }
    }

    async fn next_socket(self, socket: Socket) {
        let number = self.connection.outbox.attach(self.app.clock.unix_ms());
        if self.connection.has_ended() {
            return refuse(&self.app, socket).await;
        }
        // Clients go on with their streams only when they are told again that they are connected;
        // to others it would be news that they do not expect.
        if !self.connection.streams.is_empty() {
            self.tell(ServerFrame::Connected {
                connection: self.connection.id.clone(),
                user: self.connection.user.clone(),
                reconnection_token: self.reconnection_token(),
            });
        }
        self.run(socket, number).await;
    }

    async fn run(self, socket: Socket, number: outbox::Socket) {
        // Boxed, so that a connection that only waits does not keep the size of one that serves.
        if Box::pin(self.serve(socket, number)).await {
            self.await_recovery(number).await;
        } else if !self.connection.has_ended() && !self.connection.outbox.is_replaced(number) {
            self.end("The connection ended.");
        }
    }

    /// Nobody else ends a connection that no client comes back for.
    async fn await_recovery(&self, number: outbox::Socket) {
        let window = self.app.timing.recovery_window;
        tokio::select! {
            why = self.connection.outbox.severed(number) => match why {
                Severed::Replaced | Severed::Closed | Severed::Cut => {}
                Severed::Overflowed => self.end("The client is away and too much waits for it."),
            },
            () = self.app.clock.sleep(window) => self.end("The connection recovery timeout expired."),
            () = self.app.stopped() => {}
        }
    }
}
