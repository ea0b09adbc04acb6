//! The client package with feeds, devices and the assistant.

use serde_json::json;

use crate::client_layer::{run, run_with_arguments};

#[tokio::test]
async fn the_inbox_is_the_same_in_all_tabs() {
    let found = run("keeps_an_inbox").await;

    let expected = json!({
        "titles": ["last", "live", "before"],
        "live": ["live", "last"],
        "unread": 3,
        "read": ["the-same"],
        "link": "/messages/1",
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn only_members_hear_the_events_of_an_organisation() {
    let found = run("hears_the_events_of_an_organisation").await;

    let expected = json!({
        "type": "user.joined",
        "data": { "user_id": "carol" },
        "foreign": { "code": "not_a_member", "closeCode": 4003 },
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_device_reports_and_takes_commands() {
    let found = run_with_arguments("follows_a_device", &["--devices", "1"], &json!({})).await;

    let expected = json!({
        "isOrdered": true,
        "isLast": true,
        "result": { "deviceId": "sim-1", "status": 200, "payload": { "a": 1 } },
        "unknown": 501,
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn an_answer_is_streamed_to_everyone_and_can_be_stopped() {
    let found = run("streams_an_answer").await;

    let expected = json!({
        "replyTo": true,
        "senderId": "assistant",
        "arePrefixes": true,
        "isStreamed": true,
        "isSame": true,
        "cancelled": true,
        "isSlow": true,
    });
    assert_eq!(found, expected);
}
