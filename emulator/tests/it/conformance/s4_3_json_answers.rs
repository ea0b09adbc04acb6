//! 4.3: frames for JSON clients.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Handler, JSON, RELIABLE, TestEmulator, facts, recover};

#[tokio::test]
async fn the_connected_frame_names_the_user_and_the_connection() {
    let emulator = TestEmulator::start().await;

    let mut client = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;

    let frame = client.next().await;
    let id = frame["connectionId"].as_str().unwrap();
    assert_eq!(
        frame,
        json!({ "type": "system", "event": "connected", "userId": "ann", "connectionId": id })
    );
    assert_eq!(client.subprotocol.as_deref(), Some(JSON));
}

#[tokio::test]
async fn only_members_get_group_messages() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let mut eve = emulator.member("eve", &["h"]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "noEcho": true, "dataType": "text", "data": "hi" })).await;

    assert_eq!(
        bob.next().await,
        json!({ "type": "message", "from": "group", "group": "g", "fromUserId": "ann", "dataType": "text", "data": "hi" })
    );
    assert!(ann.until_pong().await.is_empty());
    assert!(eve.until_pong().await.is_empty());
}

#[tokio::test]
async fn the_echo_comes_before_the_acknowledgement() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "ackId": 1, "data": { "x": 1 } }))
        .await;

    assert_eq!(ann.next().await["data"], json!({ "x": 1 }));
    assert_eq!(
        ann.next().await,
        json!({ "type": "ack", "ackId": 1, "success": true })
    );
}

#[tokio::test]
async fn a_failed_request_may_be_repeated_and_a_successful_one_is_a_duplicate() {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "role": ["webpubsub.joinLeaveGroup.a", "webpubsub.sendToGroup"] });
    let mut client = emulator.connect(Some(JSON), claims).await;
    client.connected().await;
    let join = |group: &str| json!({ "type": "joinGroup", "group": group, "ackId": 1 });

    assert_eq!(client.ask(join("b")).await, Err("Forbidden".to_owned()));
    assert_eq!(client.ask(join("a")).await, Ok(()));
    client
        .send(json!({ "type": "sendToGroup", "group": "a", "ackId": 1, "data": 1 }))
        .await;

    let error =
        json!({ "name": "Duplicate", "message": "Message with ack-id: 1 has been processed" });
    assert_eq!(
        client.until_pong().await,
        [json!({ "type": "ack", "ackId": 1, "success": false, "error": error })]
    );
}

#[tokio::test]
async fn the_last_thousand_ids_are_remembered() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let join = |ack: u64| json!({ "type": "joinGroup", "group": "g", "ackId": ack });

    for ack in 0..=1000 {
        ann.ask(join(ack)).await.unwrap();
    }

    assert_eq!(ann.ask(join(1)).await, Err("Duplicate".to_owned()));
    assert_eq!(ann.ask(join(0)).await, Ok(()));
}

#[tokio::test]
async fn a_server_message_has_no_group_and_no_user() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    emulator.send_text("users/ann/:send", "hi").await;

    assert_eq!(
        ann.next().await,
        json!({ "type": "message", "from": "server", "dataType": "text", "data": "hi" })
    );
}

/// Checks the frames for a handler's answer, before the acknowledgement.
async fn replies(
    content_type: Option<&'static str>,
    body: &'static [u8],
    expected: Option<(&str, Value)>,
) {
    let handler = Handler::saying("e", 200, content_type, body).await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "event", "event": "e", "ackId": 1, "data": 1 }))
        .await;

    let mut frames = ann.until_pong().await;
    assert_eq!(
        frames.pop(),
        Some(json!({ "type": "ack", "ackId": 1, "success": true }))
    );
    let expected = expected.map(|(kind, data)| {
        json!({ "type": "message", "from": "server", "dataType": kind, "data": data })
    });
    assert_eq!(frames.pop(), expected);
    assert!(frames.is_empty());
}

facts! { replies;
    a_text_answer: Some("text/plain; charset=utf-8"), "é".as_bytes(), Some(("text", json!("é")));
    a_json_answer: Some("application/json"), b"{\"a\":1}", Some(("json", json!({ "a": 1 })));
    a_binary_answer: Some("application/octet-stream"), &[0, 1], Some(("binary", json!("AAE=")));
    a_protobuf_answer: Some("application/x-protobuf"), &[0, 1], Some(("protobuf", json!("AAE=")));
    an_untyped_answer: None, b"hi", Some(("binary", json!("aGk=")));
    an_empty_answer_sends_nothing: Some("text/plain"), b"", None;
}

#[tokio::test]
async fn an_expired_message_is_not_delivered() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(
            Some(RELIABLE),
            json!({ "role": "webpubsub.sendToGroup", "webpubsub.group": "g" }),
        )
        .await;
    let first = ann.next().await;
    ann.send(json!({ "type": "sendToGroup", "group": "g", "data": "short", "ttlSeconds": 10 }))
        .await;
    ann.send(json!({ "type": "sendToGroup", "group": "g", "data": "lasting" }))
        .await;
    assert_eq!(ann.next().await["data"], "short");
    assert_eq!(ann.next().await["data"], "lasting");
    ann.drop_socket();

    emulator.clock.advance(Duration::from_secs(10));

    let mut back = recover(&emulator, &first).await;
    let frame = back.next().await;
    assert_eq!(
        (&frame["data"], &frame["sequenceId"]),
        (&json!("lasting"), &json!(2))
    );
}
