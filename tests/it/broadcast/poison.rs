//! Messages that can never succeed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Kind, ORDERS, POISON, Place, Road};

/// Part of every bad message. It must not be in the log.
const SECRET: &str = "hush-hush";
/// Not base64, as producers send it that do not know what the host expects.
const PLAIN: &str = r#"{"kind":"settle","conversation":"hush-hush"}"#;

fn bad_messages() -> Vec<String> {
    let long = SECRET.repeat(46 * 1024 / SECRET.len());
    let wrong = [
        json!([SECRET]),
        json!({ SECRET: 1 }),
        json!({ "kind": SECRET }),
        json!({ "kind": [SECRET] }),
        json!({ "kind": "clear", "room_id": SECRET }),
        json!({ "kind": "clear", "room_id": SECRET, "generation": SECRET }),
        json!({ "kind": "clear", "room_id": format!("org:{SECRET}"), "generation": 1 }),
        json!({ "kind": "resend", "conversation": format!("../{SECRET}"), "generation": 1 }),
        json!({ "kind": "settle", "conversation": { SECRET: SECRET } }),
        json!({ "kind": "notification", "user_id": SECRET }),
        json!({ "kind": "notification", "user_id": [SECRET], "notification": {} }),
        json!({ "kind": "notification", "user_id": SECRET, "notification": SECRET }),
        json!({ "kind": "notification", "user_id": "", "notification": { "title": SECRET } }),
        json!({ "kind": "notification", "user_id": "%zz", "notification": { "title": SECRET } }),
        json!({ "kind": "notification", "user_id": "a", "notification": { "body": long } }),
        json!({ "kind": "event", "org_id": SECRET, "data": 1 }),
        json!({ "kind": "event", "org_id": format!("../{SECRET}"), "event_type": "x", "data": 1 }),
        json!({ "kind": "event", "org_id": "a", "event_type": { SECRET: 1 }, "data": 1 }),
        json!({ "kind": "event", "org_id": "a", "event_type": "x", "data": long }),
    ];
    let no_json = [
        SECRET.to_owned(),
        String::new(),
        format!("{{\"kind\":\"{SECRET}"),
    ];
    wrong
        .iter()
        .map(ToString::to_string)
        .chain(no_json)
        .collect()
}

#[tokio::test]
async fn the_functions_host_puts_what_can_never_succeed_aside() {
    // The host itself puts the plain text aside.
    assert_bad_messages_are_put_aside(Kind::FunctionsHost, 0).await;
}

#[tokio::test]
async fn a_container_puts_what_can_never_succeed_aside() {
    assert_bad_messages_are_put_aside(Kind::Container, 1).await;
}

async fn assert_bad_messages_are_put_aside(kind: Kind, logged_for_plain_text: usize) {
    let road = Road::start(kind, Place::Sqlite).await;
    let bad = bad_messages();
    let not_utf8 = [SECRET.as_bytes(), b"\xff"].concat();
    let mut alice = road
        .join_as("alice", json!({}), "channel=notifications")
        .await;

    road.put_raw(PLAIN).await;
    road.put_bytes(&not_utf8).await;
    let (first, second) = bad.split_at(bad.len() / 2);
    for message in first {
        road.put_text(message).await;
    }
    let notification = json!({ "id": "good", "title": "heard" });
    road.put(&json!({ "kind": "notification", "user_id": "alice", "notification": notification }))
        .await;
    for message in second {
        road.put_text(message).await;
    }

    // Before anything is visible again.
    let heard = alice.receive_type("notification").await;
    assert_eq!(heard["notification"]["id"], "good");
    let count = bad.len() + 2;
    let all_aside = async {
        loop {
            let aside = road.peek(POISON).await;
            if aside.len() == count {
                return aside;
            }
        }
    };
    let mut aside = road.as_time_passes(all_aside).await;
    let mut expected: Vec<_> = bad.iter().map(|text| STANDARD.encode(text)).collect();
    expected.extend([PLAIN.to_owned(), STANDARD.encode(&not_utf8)]);
    aside.sort();
    expected.sort();
    assert_eq!(aside, expected);
    assert_eq!(road.peek(ORDERS).await, [""; 0]);
    let logged = bad.len() + 1 + logged_for_plain_text;
    assert_eq!(road.lines_with("can never succeed"), logged);
    assert_eq!(road.lines_with(SECRET), 0);
}
