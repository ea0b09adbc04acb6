//! A user whose connection is not tied to one handler.

use reqwest::Client as Http;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;

use crate::support::{Event, ticket};

/// A connected user whose events may go to any handler, as the service would choose one for each
/// event. It keeps the sealed connection state, as the service would.
pub(super) struct Person {
    http: Http,
    user: String,
    connection: String,
    state: String,
    events: u32,
}

/// The result of posting a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Stored {
        seq: u64,
        duplicate: bool,
    },
    /// The error code.
    Refused(String),
    /// The handler died.
    NoAnswer,
}

impl Person {
    /// Negotiates with a handler as a writer in these rooms, and connects.
    pub(super) async fn join(base: &str, name: &str, rooms: &[String]) -> Self {
        let http = SharedHttpClient::new().client().unwrap();
        Self::join_with(http, base, name, rooms).await
    }

    pub(super) async fn join_with(http: Http, base: &str, name: &str, rooms: &[String]) -> Self {
        let negotiated = negotiated(&http, base, name, rooms).await;
        let user = negotiated["userId"].as_str().unwrap().to_owned();
        let connection = format!("connection-of-{name}");
        let url = format!("{base}/api/connect_event");
        let connect = Event::new(&http, &url, "connect", &connection)
            .user(&user)
            .json(&json!({ "query": { "sb": [ticket(&negotiated)] } }));
        let answer = connect.send().await;
        let state = answer.header("ce-connectionstate").map(str::to_owned);
        answer.ok();
        Self {
            http,
            user,
            connection,
            state: state.unwrap(),
            events: 0,
        }
    }

    /// Sends a frame through this handler.
    pub(super) async fn request(&mut self, base: &str, mut frame: Value) -> Option<Value> {
        self.events += 1;
        frame["requestId"] = json!("r");
        let url = format!("{base}/api/message_event");
        let event = Event::new(&self.http, &url, "message", &self.connection)
            .header("ce-id", self.events.to_string())
            .header("ce-connectionState", &self.state)
            .user(&self.user)
            .text(frame.to_string());
        let answer = event.try_send().await.ok()?;
        Some(answer.ok())
    }

    pub(super) async fn post(&mut self, base: &str, room: &str, id: &str) -> Outcome {
        let frame = json!({ "type": "message", "room_id": room, "content": id, "id": id });
        let Some(reply) = self.request(base, frame).await else {
            return Outcome::NoAnswer;
        };
        match reply["type"].as_str() {
            Some("message_sent") => Outcome::Stored {
                seq: reply["seq"].as_u64().unwrap(),
                duplicate: reply["duplicate"].as_bool().unwrap(),
            },
            Some("error") => Outcome::Refused(reply["error"].as_str().unwrap().to_owned()),
            _ => panic!("{reply}"),
        }
    }
}

pub(super) async fn negotiated(http: &Http, base: &str, name: &str, rooms: &[String]) -> Value {
    let rooms = rooms.join(",");
    let url = format!("{base}/api/negotiate?username={name}&role=writer&room_id={rooms}");
    crate::support::Answer::of(http.get(url)).await.ok()
}
