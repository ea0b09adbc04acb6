//! A client that speaks the service's JSON subprotocol.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of the service's JSON subprotocol, which joins groups and publishes to them directly.
pub(crate) struct Member {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    acks: u64,
    /// Group messages that arrived while it waited for an answer.
    messages: Vec<Value>,
}

impl Member {
    pub(crate) async fn dial(url: &str) -> Result<Self, u16> {
        let mut request = url.into_client_request().unwrap();
        let subprotocol = "json.webpubsub.azure.v1".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", subprotocol);
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                acks: 0,
                messages: Vec::new(),
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{url}: {error}"),
        }
    }

    /// Whether the service allows it.
    pub(crate) async fn publish(&mut self, group: &str, data: &str) -> bool {
        self.acknowledged(
            json!({ "type": "sendToGroup", "group": group, "dataType": "text", "data": data }),
        )
        .await
    }

    pub(crate) async fn join(&mut self, group: &str) -> bool {
        self.acknowledged(json!({ "type": "joinGroup", "group": group }))
            .await
    }

    pub(crate) async fn leave(&mut self, group: &str) -> bool {
        self.acknowledged(json!({ "type": "leaveGroup", "group": group }))
            .await
    }

    /// Waits for the greeting of `channel=audio`.
    pub(crate) async fn is_greeted(&mut self) {
        loop {
            let next = self.next_frame().await;
            if next["from"] == "server" && next["data"]["type"] == "connection" {
                return;
            }
            self.keep(next);
        }
    }

    /// Says a frame to the handler, and waits for its reply.
    pub(crate) async fn request(&mut self, mut frame: Value) -> Value {
        frame["requestId"] = json!("the-only-one");
        self.send(
            json!({ "type": "event", "event": "message", "dataType": "json", "data": frame }),
        )
        .await;
        loop {
            let next = self.next_frame().await;
            if next["data"]["requestId"] == "the-only-one" {
                return next["data"].clone();
            }
            self.keep(next);
        }
    }

    /// The next group message.
    pub(crate) async fn receive(&mut self) -> Value {
        while self.messages.is_empty() {
            let next = self.next_frame().await;
            self.keep(next);
        }
        self.messages.remove(0)
    }

    /// All group messages received so far and not yet returned.
    pub(crate) async fn drain(&mut self) -> Vec<Value> {
        self.request(json!({ "type": "ping" })).await;
        std::mem::take(&mut self.messages)
    }

    /// Waits until the other side has closed.
    pub(crate) async fn wait_until_closed(&mut self) {
        let ending = async {
            while let Some(Ok(message)) = self.stream.next().await {
                if message.is_close() {
                    return;
                }
            }
        };
        timeout(TIMEOUT, ending).await.expect("still open");
    }

    /// Sends a request to the service and returns whether it was allowed.
    async fn acknowledged(&mut self, mut frame: Value) -> bool {
        self.acks += 1;
        let id = json!(self.acks);
        frame["ackId"] = id.clone();
        self.send(frame).await;
        loop {
            let next = self.next_frame().await;
            if next["type"] == "ack" && next["ackId"] == id {
                let allowed = next["success"] == true;
                assert!(allowed || next["error"]["name"] == "Forbidden", "{next}");
                return allowed;
            }
            self.keep(next);
        }
    }

    fn keep(&mut self, frame: Value) {
        if frame["type"] == "message" && frame["from"] == "group" {
            self.messages.push(frame["data"].clone());
        }
    }

    async fn send(&mut self, frame: Value) {
        let text = Message::text(frame.to_string());
        self.stream.send(text).await.unwrap();
    }

    async fn next_frame(&mut self) -> Value {
        let next = async {
            loop {
                match self.stream.next().await.expect("closed").unwrap() {
                    Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                    Message::Ping(_) | Message::Pong(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        timeout(TIMEOUT, next).await.expect("no frame arrived")
    }
}
