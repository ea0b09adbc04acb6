use reqwest::Client as Http;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;

use crate::support::{Event, ticket};

/// Somebody with a connection, whose events may go to any handler: the service chooses one for
/// each. Sealed state travels along, as the service would keep it.
pub(super) struct Person {
    http: Http,
    user: String,
    connection: String,
    state: String,
    events: u32,
}

/// What became of something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Stored {
        seq: u64,
        duplicate: bool,
    },
    /// With the code of the error.
    Refused(String),
    /// The handler was gone.
    Nothing,
}

impl Person {
    /// Negotiates with a handler as a writer in these rooms, and connects.
    pub(super) async fn joins(base: &str, name: &str, rooms: &[String]) -> Self {
        let http = SharedHttpClient::new().client().unwrap();
        Self::joins_by(http, base, name, rooms).await
    }

    pub(super) async fn joins_by(http: Http, base: &str, name: &str, rooms: &[String]) -> Self {
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

    /// By way of this handler.
    pub(super) async fn asks(&mut self, base: &str, mut frame: Value) -> Option<Value> {
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

    pub(super) async fn says(&mut self, base: &str, room: &str, id: &str) -> Answer {
        let frame = json!({ "type": "message", "room_id": room, "content": id, "id": id });
        let Some(reply) = self.asks(base, frame).await else {
            return Answer::Nothing;
        };
        match reply["type"].as_str() {
            Some("message_sent") => Answer::Stored {
                seq: reply["seq"].as_u64().unwrap(),
                duplicate: reply["duplicate"].as_bool().unwrap(),
            },
            Some("error") => Answer::Refused(reply["error"].as_str().unwrap().to_owned()),
            _ => panic!("{reply}"),
        }
    }
}

pub(super) async fn negotiated(http: &Http, base: &str, name: &str, rooms: &[String]) -> Value {
    let rooms = rooms.join(",");
    let url = format!("{base}/api/negotiate?username={name}&role=writer&room_id={rooms}");
    crate::support::Answer::of(http.get(url)).await.ok()
}
