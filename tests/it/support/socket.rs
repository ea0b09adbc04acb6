//! A client that exchanges plain JSON frames.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A plain WebSocket, as in a browser.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that arrived while it waited for an answer.
    received: VecDeque<Value>,
    requests: u32,
}

impl Socket {
    pub(crate) async fn dial(url: &str) -> Result<Self, u16> {
        match connect_async(url).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                received: VecDeque::new(),
                requests: 0,
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{url}: {error}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        let text = Message::text(frame.to_string());
        self.stream.send(text).await.unwrap();
    }

    /// Sends a frame and returns the answer to it. Other frames are kept for later.
    pub(crate) async fn request(&mut self, mut frame: Value) -> Value {
        self.requests += 1;
        let id = json!(format!("request-{}", self.requests));
        frame["requestId"] = id.clone();
        self.send(frame).await;
        loop {
            let mut next = self.next_frame_in_time().await;
            if next["requestId"] == id {
                next.as_object_mut().unwrap().remove("requestId");
                return next;
            }
            self.received.push_back(next);
        }
    }

    /// The next frame of this type; others are dropped.
    pub(crate) async fn receive_type(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.receive().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// All frames received so far and not yet returned.
    pub(crate) async fn drain(&mut self) -> Vec<Value> {
        self.request(json!({ "type": "ping" })).await;
        self.received.drain(..).collect()
    }

    /// The next frame.
    pub(crate) async fn receive(&mut self) -> Value {
        match self.received.pop_front() {
            Some(frame) => frame,
            None => self.next_frame_in_time().await,
        }
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

    async fn next_frame_in_time(&mut self) -> Value {
        timeout(TIMEOUT, self.next_frame())
            .await
            .expect("no frame arrived")
    }

    /// The next frame from the network, without a time limit.
    pub(crate) async fn next_frame(&mut self) -> Value {
        loop {
            match self.stream.next().await.expect("closed").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
