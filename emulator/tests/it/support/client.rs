//! A WebSocket client.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use http::header::SEC_WEBSOCKET_PROTOCOL;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::within;

pub(crate) const JSON: &str = "json.webpubsub.azure.v1";
pub(crate) const RELIABLE: &str = "json.reliable.webpubsub.azure.v1";
pub(crate) const PROTOBUF: &str = "protobuf.webpubsub.azure.v1";
pub(crate) const PROTOBUF_RELIABLE: &str = "protobuf.reliable.webpubsub.azure.v1";

pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
    pub(crate) subprotocol: Option<String>,
}

impl Client {
    pub(crate) async fn connect(
        addr: SocketAddr,
        path: String,
        subprotocol: Option<String>,
    ) -> Self {
        match Self::try_connect(addr, &path, subprotocol.as_deref()).await {
            Ok(client) => client,
            Err(status) => panic!("{path} was refused with {status}"),
        }
    }

    /// Returns the status of a refused handshake as the error.
    pub(crate) async fn try_connect(
        addr: SocketAddr,
        path: &str,
        subprotocol: Option<&str>,
    ) -> Result<Self, u16> {
        let mut request = format!("ws://{addr}{path}").into_client_request().unwrap();
        if let Some(subprotocol) = subprotocol {
            request
                .headers_mut()
                .insert(SEC_WEBSOCKET_PROTOCOL, subprotocol.parse().unwrap());
        }
        let stream = TcpStream::connect(addr).await.unwrap();
        match within(
            "the handshake",
            tokio_tungstenite::client_async(request, stream),
        )
        .await
        {
            Ok((socket, response)) => {
                let chosen = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
                let subprotocol = chosen.map(|name| name.to_str().unwrap().to_owned());
                Ok(Self {
                    socket,
                    subprotocol,
                })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            // The client library fails if none of its offers is chosen.
            Err(error) => panic!("the handshake failed: {error}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// The next text or binary frame.
    pub(crate) async fn next_message(&mut self) -> Message {
        loop {
            match within("a frame", self.socket.next()).await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => return message,
                other => panic!("a frame was expected, not {other:?}"),
            }
        }
    }

    pub(crate) async fn next_text(&mut self) -> String {
        self.next_message().await.into_text().unwrap().to_string()
    }

    pub(crate) async fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_text().await).unwrap()
    }

    pub(crate) async fn next_binary(&mut self) -> Vec<u8> {
        match self.next_message().await {
            Message::Binary(bytes) => bytes.to_vec(),
            other => panic!("a binary frame was expected, not {other:?}"),
        }
    }

    /// Reads up to the next WebSocket ping.
    pub(crate) async fn next_ping(&mut self) {
        while !matches!(
            within("a ping", self.socket.next()).await,
            Some(Ok(Message::Ping(_)))
        ) {}
    }

    /// Reads the first frame and returns the connection id.
    pub(crate) async fn connected(&mut self) -> String {
        let frame = self.next().await;
        assert_eq!(frame["event"], "connected", "{frame}");
        frame["connectionId"].as_str().unwrap().to_owned()
    }

    /// Sends a request with an `ackId` and returns the error name of its acknowledgement, if any.
    pub(crate) async fn ask(&mut self, frame: Value) -> Result<(), String> {
        let id = frame["ackId"].clone();
        self.send(frame).await;
        let ack = self.next().await;
        assert_eq!(ack["type"], "ack", "{ack}");
        assert_eq!(ack["ackId"], id, "{ack}");
        match ack["error"]["name"].as_str() {
            None => Ok(()),
            Some(name) => Err(name.to_owned()),
        }
    }

    /// All frames before the reply to a ping.
    pub(crate) async fn until_pong(&mut self) -> Vec<Value> {
        self.send(json!({ "type": "ping" })).await;
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["type"] == "pong" {
                return frames;
            }
            frames.push(frame);
        }
    }

    /// The close code and text; 1006 if there was no close frame.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match within("the end", self.socket.next()).await {
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return (code.into(), reason.to_string());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (1006, String::new()),
            }
        }
    }

    pub(crate) async fn close(&mut self, reason: &'static str) {
        let frame = CloseFrame {
            code: 1000.into(),
            reason: reason.into(),
        };
        self.socket.close(Some(frame)).await.unwrap();
        let _ = self.closed().await;
    }

    /// Drops the socket without a close frame.
    pub(crate) fn drop_socket(self) {
        drop(self.socket);
    }
}
