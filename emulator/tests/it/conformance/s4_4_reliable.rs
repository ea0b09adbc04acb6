//! 4.4: reliable clients, which get every message once.

use emulator::Config;
use serde_json::json;

use crate::support::{Handler, JSON, TestEmulator, recover, reliable};

#[tokio::test]
async fn every_message_arrives_once_when_a_socket_breaks() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    for text in ["one", "two"] {
        emulator.send_text("groups/g/:send", text).await;
        ann.next().await;
    }
    ann.send(json!({ "type": "sequenceAck", "sequenceId": 1 }))
        .await;
    assert!(ann.until_pong().await.is_empty());
    ann.drop_socket();
    emulator.send_text("groups/g/:send", "three").await;

    let mut back = recover(&emulator, &connected).await;

    let mut seen = Vec::new();
    for _ in 0..2 {
        let frame = back.next().await;
        seen.push((frame["data"].clone(), frame["sequenceId"].as_u64().unwrap()));
    }
    assert_eq!(seen, [(json!("two"), 2), (json!("three"), 3)]);
    assert!(back.until_pong().await.is_empty());
}

#[tokio::test]
async fn groups_roles_and_acknowledged_requests_survive() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    ann.ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
        .await
        .unwrap();
    ann.drop_socket();

    let mut back = recover(&emulator, &connected).await;

    let again = back
        .ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
        .await;
    assert_eq!(again, Err("Duplicate".to_owned()));
    emulator.send_text("groups/h/:send", "still in").await;
    assert_eq!(back.next().await["data"], "still in");
}

#[tokio::test]
async fn at_most_a_thousand_unacknowledged_messages_are_kept() {
    let emulator = TestEmulator::with(Config::default()).await;
    let (ann, connected) = reliable(&emulator).await;
    let mut bob = emulator.member("bob", &[]).await;
    ann.drop_socket();

    for n in 0..1001 {
        bob.send(json!({ "type": "sendToGroup", "group": "g", "data": n }))
            .await;
    }
    assert!(bob.until_pong().await.is_empty());

    let mut late = recover(&emulator, &connected).await;
    assert_eq!(late.closed().await.0, 1008);
}

#[tokio::test]
async fn a_dropped_socket_ends_an_unreliable_connection() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let ann = emulator.member("ann", &[]).await;

    ann.drop_socket();

    let left = handler.next_named("disconnected").await;
    assert_eq!(left.json(), json!({ "reason": "The connection ended." }));
}

#[tokio::test]
async fn only_messages_are_numbered_starting_at_one() {
    let emulator = TestEmulator::start().await;
    let (mut ann, _) = reliable(&emulator).await;

    ann.ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
        .await
        .unwrap();
    assert!(ann.until_pong().await.is_empty());
    emulator.send_text("groups/h/:send", "one").await;
    emulator.send_text(":send", "two").await;

    assert_eq!(ann.next().await["sequenceId"], 1);
    assert_eq!(ann.next().await["sequenceId"], 2);
}

#[tokio::test]
async fn only_reliable_clients_get_tokens_and_sequence_ids() {
    let emulator = TestEmulator::start().await;
    let (_, connected) = reliable(&emulator).await;
    let mut plain = emulator.connect(Some(JSON), json!({})).await;

    let plainly = plain.next().await;
    emulator.send_text(":send", "hi").await;

    assert!(connected["reconnectionToken"].is_string());
    assert_eq!(plainly.get("reconnectionToken"), None);
    assert_eq!(plain.next().await.get("sequenceId"), None);
}

#[tokio::test]
async fn an_acknowledgement_covers_all_earlier_messages() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    for text in ["one", "two", "three"] {
        emulator.send_text(":send", text).await;
        ann.next().await;
    }

    ann.send(json!({ "type": "sequenceAck", "sequenceId": 2 }))
        .await;
    ann.send(json!({ "type": "sequenceAck", "sequenceId": 1 }))
        .await;
    ann.until_pong().await;
    ann.drop_socket();
    let mut back = recover(&emulator, &connected).await;
    let left = back.until_pong().await;
    back.send(json!({ "type": "sequenceAck", "sequenceId": u64::MAX }))
        .await;
    back.until_pong().await;
    back.drop_socket();
    let mut again = recover(&emulator, &connected).await;

    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["data"], "three");
    assert!(again.until_pong().await.is_empty());
    emulator.send_text(":send", "four").await;
    assert_eq!(again.next().await["sequenceId"], 4);
}

#[tokio::test]
async fn a_full_buffer_cuts_a_connected_client_without_a_close_frame() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    let mut bob = emulator.member("bob", &[]).await;

    for n in 0..1001 {
        bob.send(json!({ "type": "sendToGroup", "group": "g", "data": n }))
            .await;
    }
    assert!(bob.until_pong().await.is_empty());

    assert_eq!(ann.closed().await.0, 1006);
    assert_eq!(recover(&emulator, &connected).await.closed().await.0, 1008);
}

#[tokio::test]
async fn at_most_sixteen_mebibytes_are_kept() {
    let emulator = TestEmulator::start().await;
    let (ann, connected) = reliable(&emulator).await;
    ann.drop_socket();

    let body = "x".repeat(1024 * 1024);
    for _ in 0..17 {
        let sent = emulator.rest("POST", ":send", "text/plain", body.clone());
        assert_eq!(sent.await.status, 202);
    }

    assert_eq!(recover(&emulator, &connected).await.closed().await.0, 1008);
}
