use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for a busy machine; nothing is measured by it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A plain WebSocket: what a browser has.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What came while an answer was waited for.
    heard: VecDeque<Value>,
    asked: u32,
}

impl Socket {
    pub(crate) async fn dial(url: &str) -> Result<Self, u16> {
        match connect_async(url).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                heard: VecDeque::new(),
                asked: 0,
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{url}: {error}"),
        }
    }

    pub(crate) async fn sends(&mut self, frame: Value) {
        let text = Message::text(frame.to_string());
        self.stream.send(text).await.unwrap();
    }

    /// Says something, and waits for the answer to it. What else comes is heard later.
    pub(crate) async fn asks(&mut self, mut frame: Value) -> Value {
        self.asked += 1;
        let id = json!(format!("request-{}", self.asked));
        frame["requestId"] = id.clone();
        self.sends(frame).await;
        loop {
            let mut next = self.receives().await;
            if next["requestId"] == id {
                next.as_object_mut().unwrap().remove("requestId");
                return next;
            }
            self.heard.push_back(next);
        }
    }

    /// The next frame of this type; others are passed over.
    pub(crate) async fn hears_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hears().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Everything that came by now.
    pub(crate) async fn has_heard(&mut self) -> Vec<Value> {
        self.asks(json!({ "type": "ping" })).await;
        self.heard.drain(..).collect()
    }

    /// The next frame.
    pub(crate) async fn hears(&mut self) -> Value {
        match self.heard.pop_front() {
            Some(frame) => frame,
            None => self.receives().await,
        }
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

    async fn receives(&mut self) -> Value {
        timeout(TIMEOUT, self.waits_for_a_frame())
            .await
            .expect("silence")
    }

    /// However long it takes.
    pub(crate) async fn waits_for_a_frame(&mut self) -> Value {
        loop {
            match self.stream.next().await.expect("closed").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
