//! 4.5: protobuf clients, byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Handler, PROTOBUF, PROTOBUF_RELIABLE, TestEmulator, protobuf_member, say};

#[tokio::test]
async fn joining_sending_and_leaving_match_the_published_bytes() {
    let emulator = TestEmulator::start().await;
    let mut client = protobuf_member(&emulator, PROTOBUF).await;

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
    let mut client = protobuf_member(&emulator, PROTOBUF_RELIABLE).await;
    say(&mut client, "MgUKAWcQAQ==").await;
    client.next_binary().await;

    emulator.send_text("groups/g/:send", "t").await;

    assert_eq!(
        STANDARD.encode(client.next_binary().await),
        "EhEKBWdyb3VwEgFnGgMKAXQgAQ=="
    );
}

#[tokio::test]
async fn protobuf_data_reaches_clients_of_every_protocol() {
    let emulator = TestEmulator::start().await;
    let mut protobuf = protobuf_member(&emulator, PROTOBUF).await;
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
    let mut client = protobuf_member(&emulator, PROTOBUF).await;

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
async fn group_state_has_frames() {
    let emulator = TestEmulator::start().await;
    let mut client = protobuf_member(&emulator, PROTOBUF).await;

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

#[tokio::test]
async fn metadata_travels_in_both_directions() {
    let emulator = TestEmulator::start().await;
    let mut client = protobuf_member(&emulator, PROTOBUF).await;
    let mut joe = emulator.member("joe", &["g"]).await;

    // sendToGroup `g` with the text `hi` and metadata {K: v}.
    let sent = b"\x0a\x11\x0a\x01g\x1a\x04\x0a\x02hi\x32\x06\x0a\x01K\x12\x01v";
    client.send_message(Message::binary(sent.to_vec())).await;
    say(&mut client, "MgMKAWc=").await;
    let frame = joe.next().await;
    let frame_of_joe = json!({ "type": "sendToGroup", "group": "g", "dataType": "text", "data": "yo", "metadata": { "a": "1" } });
    say(&mut client, "SgA=").await;
    client.next_binary().await;
    joe.send(frame_of_joe).await;

    assert_eq!(
        (&frame["data"], &frame["metadata"]),
        (&json!("hi"), &json!({ "k": "v" }))
    );
    assert_eq!(
        client.next_binary().await,
        b"\x12\x18\x0a\x05group\x12\x01g\x1a\x04\x0a\x02yo\x2a\x06\x0a\x01a\x12\x011"
    );
}

#[tokio::test]
async fn a_sender_may_suppress_its_echo() {
    let emulator = TestEmulator::start().await;
    let mut client = protobuf_member(&emulator, PROTOBUF).await;
    let mut joe = emulator.member("joe", &["g"]).await;
    say(&mut client, "MgUKAWcQAQ==").await;
    client.next_binary().await;

    // sendToGroup `g` with the text `hi`, noEcho and a life of 300 seconds.
    let sent = b"\x0a\x0e\x0a\x01g\x1a\x04\x0a\x02hi\x20\x01\x28\xac\x02";
    client.send_message(Message::binary(sent.to_vec())).await;
    say(&mut client, "SgA=").await;

    assert_eq!(joe.next().await["data"], "hi");
    assert_eq!(STANDARD.encode(client.next_binary().await), "IgA=");
}

#[tokio::test]
async fn a_forbidden_error_has_a_name_and_a_message() {
    let emulator = TestEmulator::start().await;
    let mut client = emulator.connect(Some(PROTOBUF), json!({})).await;
    client.next_binary().await;

    say(&mut client, "MgUKAWcQAQ==").await;

    let ack = client.next_binary().await;
    let sentence = "The client does not have permission to join group 'g'.";
    let error = [
        b"\x0a\x09Forbidden\x12".as_slice(),
        &[sentence.len() as u8],
        sentence.as_bytes(),
    ]
    .concat();
    let inner = [b"\x08\x01\x1a".as_slice(), &[error.len() as u8], &error].concat();
    assert_eq!(
        ack,
        [b"\x0a".as_slice(), &[inner.len() as u8], &inner].concat()
    );
}

#[tokio::test]
async fn the_close_reason_is_in_field_two() {
    let emulator = TestEmulator::start().await;
    let mut client = protobuf_member(&emulator, PROTOBUF).await;

    let path = "users/ann/:closeConnections";
    emulator.status("POST", path).await;

    let reason = b"Application server closed the connection.";
    let told = [b"\x1a\x2d\x12\x2b\x12\x29".as_slice(), reason].concat();
    assert_eq!(client.next_binary().await, told);
    assert_eq!(client.closed().await.0, 1000);
}

/// Each kind of data that a JSON client sends, in its own field.
#[tokio::test]
async fn each_kind_of_data_has_its_field() {
    let emulator = TestEmulator::start().await;
    let mut client = protobuf_member(&emulator, PROTOBUF).await;
    say(&mut client, "MgMKAWc=").await;
    say(&mut client, "SgA=").await;
    client.next_binary().await;
    let mut joe = emulator.member("joe", &[]).await;

    for (kind, data, field) in [
        ("text", json!("hi"), b"\x0a\x02hi"),
        ("binary", json!("AQI="), b"\x12\x02\x01\x02"),
        ("protobuf", json!("AQI="), b"\x1a\x02\x01\x02"),
        ("json", json!({}), b"\x22\x02{}"),
    ] {
        joe.send(json!({ "type": "sendToGroup", "group": "g", "dataType": kind, "data": data }))
            .await;
        let expected = [b"\x12\x10\x0a\x05group\x12\x01g\x1a\x04".as_slice(), field].concat();
        assert_eq!(client.next_binary().await, expected, "{kind}");
    }
}
