//! A client as the handler sees it.

use std::cell::Cell;

use reqwest::Url;
use serde_json::{Value, json};

use super::{Answer, Event, TestApp};

/// A connected client as the handler sees it. The test stands in for the service: it signs events
/// with the service's key and keeps the connection's state.
pub(crate) struct Client<'a> {
    app: &'a TestApp,
    pub(crate) connection: String,
    pub(crate) user: String,
    pub(crate) state: String,
    pub(crate) accepted: Value,
    events: Cell<u32>,
}

impl<'a> Client<'a> {
    /// Negotiates and connects.
    pub(crate) async fn negotiate(app: &'a TestApp, query: &str) -> Self {
        Self::connect(app, app.negotiate(query).await).await
    }

    /// Connects with what `negotiate` answered.
    pub(crate) async fn connect(app: &'a TestApp, negotiated: Answer) -> Self {
        let negotiated = negotiated.ok();
        let user = negotiated["userId"].as_str().unwrap();
        let connection = format!("connection-of-{user}");
        let ticket = ticket(&negotiated);
        let answer = app
            .event("connect", &connection)
            .user(user)
            .json(&json!({ "query": { "sb": [ticket] } }))
            .send()
            .await;
        Self::accepted(app, connection, answer)
    }

    /// Connects without negotiating.
    pub(crate) async fn direct_connect(app: &'a TestApp, query: Value) -> Self {
        let answer = dial(app, "direct", query).await;
        Self::accepted(app, "direct".to_owned(), answer)
    }

    #[track_caller]
    fn accepted(app: &'a TestApp, connection: String, answer: Answer) -> Self {
        let state = answer.header("ce-connectionstate").map(str::to_owned);
        let accepted = answer.ok();
        Self {
            app,
            connection,
            user: accepted["userId"].as_str().unwrap().to_owned(),
            state: state.unwrap(),
            accepted,
            events: Cell::new(0),
        }
    }

    /// The connection's next event, ready to send.
    pub(crate) fn event(&self, name: &str) -> Event {
        self.events.set(self.events.get() + 1);
        self.app
            .event(name, &self.connection)
            .header("ce-id", self.events.get().to_string())
            .user(&self.user)
            .header("ce-connectionState", &self.state)
    }

    /// Sends a plain text frame and returns the reply.
    pub(crate) async fn request(&mut self, frame: Value) -> Value {
        let event = self.event("message").text(frame.to_string());
        self.send_event(event).await
    }

    /// Sends an event, keeps the new state and returns the reply.
    pub(crate) async fn send_event(&mut self, event: Event) -> Value {
        let answer = event.send().await;
        if let Some(state) = answer.header("ce-connectionstate") {
            self.state = state.to_owned();
        }
        answer.ok()
    }
}

/// Sends the `connect` event of a direct connection.
pub(crate) async fn dial(app: &TestApp, connection: &str, query: Value) -> Answer {
    let connect = app.event("connect", connection);
    connect.json(&json!({ "query": query })).send().await
}

/// The ticket in the URL that `negotiate` returned.
pub(crate) fn ticket(negotiated: &Value) -> String {
    let url = Url::parse(negotiated["url"].as_str().unwrap()).unwrap();
    let sb = url.query_pairs().find(|(name, _)| name == "sb");
    sb.unwrap().1.into_owned()
}
