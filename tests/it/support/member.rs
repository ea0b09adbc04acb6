use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for a busy machine; nothing is measured by it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of the service's own subprotocol, which joins groups and publishes to them by itself.
pub(crate) struct Member {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    acks: u64,
    /// What groups brought while an answer was waited for.
    heard: Vec<Value>,
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
                heard: Vec::new(),
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{url}: {error}"),
        }
    }

    /// Whether the service takes it.
    pub(crate) async fn publishes(&mut self, group: &str, data: &str) -> bool {
        self.asks(
            json!({ "type": "sendToGroup", "group": group, "dataType": "text", "data": data }),
        )
        .await
    }

    pub(crate) async fn joins(&mut self, group: &str) -> bool {
        self.asks(json!({ "type": "joinGroup", "group": group }))
            .await
    }

    pub(crate) async fn leaves(&mut self, group: &str) -> bool {
        self.asks(json!({ "type": "leaveGroup", "group": group }))
            .await
    }

    /// Waits for the greeting of `channel=audio`.
    pub(crate) async fn is_greeted(&mut self) {
        loop {
            let next = self.receives().await;
            if next["from"] == "server" && next["data"]["type"] == "connection" {
                return;
            }
            self.take(next);
        }
    }

    /// Says a frame to the handler, and waits for its reply.
    pub(crate) async fn says(&mut self, mut frame: Value) -> Value {
        frame["requestId"] = json!("the-only-one");
        self.sends(
            json!({ "type": "event", "event": "message", "dataType": "json", "data": frame }),
        )
        .await;
        loop {
            let next = self.receives().await;
            if next["data"]["requestId"] == "the-only-one" {
                return next["data"].clone();
            }
            self.take(next);
        }
    }

    /// The next that a group brings.
    pub(crate) async fn hears(&mut self) -> Value {
        while self.heard.is_empty() {
            let next = self.receives().await;
            self.take(next);
        }
        self.heard.remove(0)
    }

    /// Everything that groups brought by now.
    pub(crate) async fn has_heard(&mut self) -> Vec<Value> {
        self.says(json!({ "type": "ping" })).await;
        std::mem::take(&mut self.heard)
    }

    /// Waits until the other side has closed.
    pub(crate) async fn is_closed(&mut self) {
        let ending = async {
            while let Some(Ok(message)) = self.stream.next().await {
                if message.is_close() {
                    return;
                }
            }
        };
        timeout(TIMEOUT, ending).await.expect("still open");
    }

    async fn asks(&mut self, mut frame: Value) -> bool {
        self.acks += 1;
        let id = json!(self.acks);
        frame["ackId"] = id.clone();
        self.sends(frame).await;
        loop {
            let next = self.receives().await;
            if next["type"] == "ack" && next["ackId"] == id {
                let taken = next["success"] == true;
                assert!(taken || next["error"]["name"] == "Forbidden", "{next}");
                return taken;
            }
            self.take(next);
        }
    }

    fn take(&mut self, frame: Value) {
        if frame["type"] == "message" && frame["from"] == "group" {
            self.heard.push(frame["data"].clone());
        }
    }

    async fn sends(&mut self, frame: Value) {
        let text = Message::text(frame.to_string());
        self.stream.send(text).await.unwrap();
    }

    async fn receives(&mut self) -> Value {
        let next = async {
            loop {
                match self.stream.next().await.expect("closed").unwrap() {
                    Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                    Message::Ping(_) | Message::Pong(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        timeout(TIMEOUT, next).await.expect("silence")
    }
}
