//! Web PubSub events as the service posts them.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::Value;
use webpubsub::AccessKey;

use super::{Answer, KEY};

/// The time that the service waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(100);

/// A valid event of the service, which the test may change before sending it.
pub(crate) struct Event {
    http: reqwest::Client,
    request: RequestBuilder,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

pub(crate) fn signature(key: &str, connection: &str) -> String {
    let tag = AccessKey::new(key).unwrap().sign(connection.as_bytes());
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

impl Event {
    pub(crate) fn new(http: &reqwest::Client, url: &str, kind: &str, connection: &str) -> Self {
        let (family, name) = match kind {
            "connect" | "connected" | "disconnected" => ("sys", kind),
            name => ("user", name),
        };
        // The service signs with both of its keys; the handler knows the second.
        let signatures = format!(
            "{},{}",
            signature("the-other-key-of-the-service", connection),
            signature(KEY, connection)
        );
        let headers = vec![
            ("webhook-request-origin", "localhost".to_owned()),
            ("ce-specversion", "1.0".to_owned()),
            ("ce-awpsversion", "1.0".to_owned()),
            ("ce-type", format!("azure.webpubsub.{family}.{name}")),
            ("ce-source", format!("/hubs/ViewerHub/client/{connection}")),
            ("ce-id", "1".to_owned()),
            ("ce-time", "2026-01-01T00:00:00Z".to_owned()),
            ("ce-signature", signatures),
            ("ce-connectionId", connection.to_owned()),
            ("ce-hub", "ViewerHub".to_owned()),
            ("ce-eventName", name.to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        Self {
            request: http.post(url).timeout(TIMEOUT),
            http: http.clone(),
            headers,
            body: b"{}".to_vec(),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self = self.without(name);
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn user(self, user: &str) -> Self {
        self.header("ce-userId", user)
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self
    }

    pub(crate) fn text(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", "text/plain; charset=utf-8")
    }

    /// Sends it to another handler.
    pub(crate) async fn sent_to(mut self, url: &str) -> Answer {
        self.request = self.http.post(url).timeout(TIMEOUT);
        self.send().await
    }

    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// For a handler that may be gone.
    pub(crate) async fn try_send(self) -> reqwest::Result<Answer> {
        let mut request = self.request.body(self.body);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        Answer::try_of(request).await
    }
}
