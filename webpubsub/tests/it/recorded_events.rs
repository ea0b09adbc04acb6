//! Reads events recorded from Microsoft's emulator, with ids and times replaced.

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde_json::Value;
use webpubsub::upstream::{ConnectRequest, Disconnected, EventContext, EventData, EventKind};

struct Event {
    headers: HeaderMap,
    body: Bytes,
}

impl Event {
    fn from_line(line: &str) -> Self {
        let line: Value = serde_json::from_str(line).unwrap();
        let header = |(name, value): (&String, &Value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, value.as_str().unwrap().parse().unwrap())
        };
        let body = match &line["body"] {
            Value::String(text) => text.clone().into(),
            bytes => base64::engine::general_purpose::STANDARD
                .decode(bytes["base64"].as_str().unwrap())
                .unwrap()
                .into(),
        };
        Self {
            headers: line["headers"]
                .as_object()
                .unwrap()
                .iter()
                .map(header)
                .collect(),
            body,
        }
    }

    fn context(&self) -> EventContext {
        EventContext::from_headers(&self.headers).unwrap()
    }

    fn data(&self) -> EventData {
        let content_type = self.headers["content-type"].to_str().unwrap();
        EventData::read(Some(content_type), self.body.clone()).unwrap()
    }
}

fn events() -> Vec<Event> {
    include_str!("recorded_events.jsonl")
        .lines()
        .map(Event::from_line)
        .collect()
}

fn of_kind(wanted: impl Fn(&EventKind) -> bool) -> Vec<Event> {
    let mut events = events();
    events.retain(|event| wanted(&event.context().kind));
    assert!(!events.is_empty());
    events
}

#[test]
fn every_event_names_its_hub_and_connection() {
    for event in events() {
        let context = event.context();

        assert_eq!(context.hub.as_str(), "rec");
        assert_eq!(context.connection_id, "conn-1");
        assert_eq!(context.source, "/hubs/rec/client/conn-1");
        assert_eq!(context.event_name, context.kind.name());
        assert!(context.time.is_some());
    }
}

#[test]
fn a_connect_event_contains_the_tokens_claims_and_the_urls_query() {
    let connects = of_kind(|kind| *kind == EventKind::Connect);
    let requests: Vec<ConnectRequest> = connects
        .iter()
        .map(|event| ConnectRequest::from_json(&event.body).unwrap())
        .collect();

    assert!(
        requests
            .iter()
            .all(|request| request.claim("sub") == ["ann"])
    );
    let rich = requests
        .iter()
        .find(|request| !request.query.is_empty())
        .unwrap();
    assert_eq!(
        rich.claim("role"),
        ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]
    );
    assert_eq!(rich.claim("webpubsub.group"), ["old"]);
    assert_eq!(rich.query["k"], ["1", "2"]);
    assert_eq!(rich.query("sb"), Some("q r"));
}

#[test]
fn a_disconnected_event_contains_a_reason() {
    for event in of_kind(|kind| *kind == EventKind::Disconnected) {
        assert!(
            Disconnected::from_json(&event.body)
                .unwrap()
                .reason
                .is_some()
        );
    }
}

#[test]
fn user_events_with_text_json_and_binary_data_are_read() {
    let users = of_kind(|kind| matches!(kind, EventKind::User(_)));
    let data: Vec<EventData> = users.iter().map(Event::data).collect();

    assert!(
        data.iter()
            .any(|data| matches!(data, EventData::Text(text) if text == "d"))
    );
    assert!(
        data.iter()
            .any(|data| matches!(data, EventData::Json(json) if json.get() == r#"{"a":1}"#))
    );
    assert!(
        data.iter()
            .any(|data| matches!(data, EventData::Binary(bytes) if bytes[..] == [0, 1, 2]))
    );
}

#[test]
fn an_empty_state_differs_from_no_state() {
    let states: Vec<Option<String>> = events()
        .iter()
        .map(|event| event.context().connection_state)
        .collect();

    for state in [None, Some(""), Some("abc")] {
        assert!(
            states.iter().any(|seen| seen.as_deref() == state),
            "{state:?}"
        );
    }
}
