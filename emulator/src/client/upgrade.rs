//! Upgrades an HTTP request to a WebSocket.

use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::admission::HandshakeError;
use super::socket::{self, Socket};
use crate::response::{Response, response};

/// A valid request for a WebSocket upgrade.
#[derive(Debug)]
pub(super) struct Upgrade {
    key: HeaderValue,
    pub(super) offered: Vec<String>,
    pending: hyper::upgrade::OnUpgrade,
}

impl Upgrade {
    pub(super) fn of(request: &mut Request<Incoming>) -> Result<Self, HandshakeError> {
        let headers = request.headers();
        let has = |name: HeaderName, token: &str| {
            let values = headers.get_all(name);
            values
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .any(|part| part.trim().eq_ignore_ascii_case(token))
        };
        let version = headers
            .get("sec-websocket-version")
            .is_some_and(|version| version == "13");
        if request.method() != Method::GET
            || !has(CONNECTION, "upgrade")
            || !has(UPGRADE, "websocket")
            || !version
        {
            return Err(HandshakeError::bad_request(
                "A WebSocket request is expected.",
            ));
        }
        let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
        let key = key.ok_or(HandshakeError::bad_request(
            "The Sec-WebSocket-Key header is missing.",
        ))?;
        let offered = headers
            .get_all(SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        Ok(Self {
            key,
            offered,
            pending: hyper::upgrade::on(request),
        })
    }

    /// The 101 response, with the chosen subprotocol.
    pub(super) fn accept(&self, subprotocol: Option<&str>) -> Response {
        let mut accepted = response(StatusCode::SWITCHING_PROTOCOLS, None, "");
        let headers = accepted.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        if let Ok(key) = HeaderValue::try_from(derive_accept_key(self.key.as_bytes())) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, key);
        }
        if let Some(subprotocol) = subprotocol.and_then(|name| HeaderValue::try_from(name).ok()) {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
        }
        accepted
    }

    /// The socket, once the 101 is written; `None` if the client left before that.
    pub(super) async fn socket(self) -> Option<Socket> {
        socket::upgraded(self.pending.await.ok()?).await
    }
}
