//! `protobuf.webpubsub.azure.v1` and its reliable form, byte for byte (reference 4.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Handler, PROTOBUF, PROTOBUF_RELIABLE, TestEmulator};

async fn member(emulator: &TestEmulator, subprotocol: &str) -> Client {
    let roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    let mut client = emulator
        .connect(Some(subprotocol), json!({ "sub": "ann", "role": roles }))
        .await;
    let connected = client.next_binary().await;
    // Field 3 `system`; its length may take two bytes; in it field 1 `connected`.
    let after_length = 1
        + connected[1..]
            .iter()
            .take_while(|byte| **byte >= 0x80)
            .count()
        + 1;
    assert_eq!((connected[0], connected[after_length]), (0x1a, 0x0a));
    client
}

async fn say(client: &mut Client, base64: &str) {
    client
        .send_message(Message::binary(STANDARD.decode(base64).unwrap()))
        .await;
}

#[tokio::test]
async fn joining_sending_and_leaving_go_as_published() {
    let emulator = TestEmulator::start().await;
    let mut client = member(&emulator, PROTOBUF).await;

    let exchanges = [
        ("MgUKAWcQAQ==", &["CgQIARAB"][..]),
        (
            "CgsKAWcQAhoECgJoaQ==",
            &["EhAKBWdyb3VwEgFnGgQKAmhp", "CgQIAhAB"],
        ),
        (
            "CgsKAWcQAxoEEgIBAg==",
            &["EhAKBWdyb3VwEgFnGgQSAgEC", "CgQIAxAB"],
        ),
        ("SgA=", &["IgA="]),
        ("OgUKAWcQBA==", &["CgQIBBAB"]),
    ];
    for (sent, expected) in exchanges {
        say(&mut client, sent).await;
        for frame in expected {
            assert_eq!(
                STANDARD.encode(client.next_binary().await),
                *frame,
                "after {sent}"
            );
        }
    }
}

#[tokio::test]
async fn a_reliable_client_gets_sequence_ids() {
    let emulator = TestEmulator::start().await;
    let mut client = member(&emulator, PROTOBUF_RELIABLE).await;
    say(&mut client, "MgUKAWcQAQ==").await;
    client.next_binary().await;

    emulator.send_text("groups/g/:send", "t").await;

    assert_eq!(
        STANDARD.encode(client.next_binary().await),
        "EhEKBWdyb3VwEgFnGgMKAXQgAQ=="
    );
}

#[tokio::test]
async fn any_bytes_reach_the_others_each_in_its_way() {
    let emulator = TestEmulator::start().await;
    let mut protobuf = member(&emulator, PROTOBUF).await;
    let mut json_client = emulator.member("joe", &["g"]).await;
    let mut simple = emulator
        .connect(None, json!({ "webpubsub.group": "g" }))
        .await;

    // sendToGroup `g` with `protobuf_data` 01 02.
    protobuf
        .send_message(Message::binary(
            b"\x0a\x09\x0a\x01g\x1a\x04\x1a\x02\x01\x02".to_vec(),
        ))
        .await;

    let frame = json_client.next().await;
    assert_eq!(
        (&frame["dataType"], &frame["data"]),
        (&json!("protobuf"), &json!("AQI="))
    );
    assert_eq!(simple.next_binary().await, [1, 2]);
}

#[tokio::test]
async fn an_events_bytes_reach_the_handler_with_their_type() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Handler::text("pong"),
        _ => Handler::status(204),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut client = member(&emulator, PROTOBUF).await;

    // event `e` with `protobuf_data` 01 02 and ackId 1.
    client
        .send_message(Message::binary(
            b"\x2a\x0b\x0a\x01e\x12\x04\x1a\x02\x01\x02\x18\x01".to_vec(),
        ))
        .await;

    assert_eq!(
        STANDARD.encode(client.next_binary().await),
        "EhAKBnNlcnZlchoGCgRwb25n"
    );
    assert_eq!(STANDARD.encode(client.next_binary().await), "CgQIARAB");
    let seen = handler.next_named("e").await;
    assert_eq!(seen.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(&seen.body[..], [1, 2]);
}

#[tokio::test]
async fn group_state_has_its_frames() {
    let emulator = TestEmulator::start().await;
    let mut client = member(&emulator, PROTOBUF).await;

    // subscribeGroupState `g` with ackId 1, then setGroupState `g` {k: v}.
    client
        .send_message(Message::binary(b"\x82\x01\x05\x0a\x01g\x10\x01".to_vec()))
        .await;
    client
        .send_message(Message::binary(
            b"\x7a\x0d\x0a\x01g\x1a\x08\x0a\x06\x0a\x01k\x12\x01v".to_vec(),
        ))
        .await;

    assert_eq!(STANDARD.encode(client.next_binary().await), "CgQIARAB");
    assert_eq!(client.next_binary().await, b"\x52\x03\x0a\x01g");
    let update = client.next_binary().await;
    assert_eq!(update[0], 0x4a);
    assert!(
        update
            .windows(8)
            .any(|bytes| bytes == b"\x0a\x06\x0a\x01k\x12\x01v"),
        "{update:?}"
    );
}
