//! 4.5: protobuf clients, byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Handler, PROTOBUF, PROTOBUF_RELIABLE, TestEmulator, facts};

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

/// A frame, and what is answered to it and to a ping after it, or that it ends the client.
async fn taken(frame: &[u8], answer: Result<&[&str], u16>) {
    let emulator = TestEmulator::start().await;
    let mut client = member(&emulator, PROTOBUF).await;

    client.send_message(Message::binary(frame.to_vec())).await;

    match answer {
        Ok(frames) => {
            say(&mut client, "SgA=").await;
            for expected in frames.iter().chain(&["IgA="]) {
                assert_eq!(STANDARD.encode(client.next_binary().await), *expected);
            }
        }
        Err(code) => assert_eq!(client.closed().await.0, code),
    }
}

const INVALID: Result<&[&str], u16> = Err(1007);

facts! { taken;
    join_group_as_published: b"\x32\x07\x0a\x05group", Ok(&[]);
    join_group_with_an_ack_id: b"\x32\x05\x0a\x01g\x10\x01", Ok(&["CgQIARAB"]);
    an_ack_id_may_be_zero: b"\x32\x05\x0a\x01g\x10\x00", Ok(&["CgQIABAB"]);
    an_ack_id_may_take_ten_bytes: b"\x32\x0e\x0a\x01g\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Ok(&["Cg0I////////////ARAB"]);
    of_several_requests_the_last_counts: b"\x4a\x00\x32\x05\x0a\x01g\x10\x01", Ok(&["CgQIARAB"]);
    unknown_fields_of_a_request_are_skipped: b"\x32\x10\x0a\x01g\x10\x01\x79\x01\x02\x03\x04\x05\x06\x07\x08\x7a\x00", Ok(&["CgQIARAB"]);
    a_sequence_ack: b"\x42\x02\x08\x01", Ok(&[]);
    unsubscribe_group_state: b"\x8a\x01\x05\x0a\x01g\x10\x01", Ok(&["CgQIARAB"]);

    nothing: b"", INVALID;
    text: b"hello", INVALID;
    an_unknown_request: b"\x9a\x06\x00", INVALID;
    a_request_of_a_number_that_is_not_published: b"\x52\x00", INVALID;
    a_request_that_is_a_number: b"\x30\x01", INVALID;
    a_length_beyond_the_end: b"\x32\x7f\x0a\x01g", INVALID;
    a_length_of_gigabytes: b"\x32\xff\xff\xff\xff\x7f", INVALID;
    a_length_beyond_all_numbers: b"\x32\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", INVALID;
    a_length_that_lies_inside: b"\x32\x03\x0a\x7fg", INVALID;
    a_number_that_does_not_end: b"\x32\x05\x0a\x01g\x10\xff", INVALID;
    the_field_number_zero: b"\x02\x00", INVALID;
    a_wire_type_that_is_gone: b"\x33\x34", INVALID;
    a_group_that_is_no_text: b"\x32\x03\x0a\x01\xff", INVALID;
    a_send_without_data: b"\x0a\x03\x0a\x01g", INVALID;
    an_event_without_a_name: b"\x2a\x05\x12\x03\x0a\x01x", INVALID;
    an_event_with_a_bad_name: b"\x2a\x08\x0a\x011\x12\x03\x0a\x01x", INVALID;
    json_that_is_none: b"\x0a\x08\x0a\x01g\x1a\x03\x22\x01{", INVALID;
    a_life_of_301_seconds: b"\x0a\x0b\x0a\x01g\x1a\x03\x0a\x01x\x28\xad\x02", INVALID;
}

#[tokio::test]
async fn a_forbidden_client_is_told_the_name_and_the_sentence() {
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
async fn a_closed_client_is_told_why_in_field_two() {
    let emulator = TestEmulator::start().await;
    let mut client = member(&emulator, PROTOBUF).await;

    let path = "users/ann/:closeConnections";
    emulator.status("POST", path).await;

    let reason = b"Application server closed the connection.";
    let told = [b"\x1a\x2d\x12\x2b\x12\x29".as_slice(), reason].concat();
    assert_eq!(client.next_binary().await, told);
    assert_eq!(client.closed().await.0, 1000);
}

/// Each kind of data that a JSON client sends, in its own field.
#[tokio::test]
async fn data_of_each_kind_has_its_field() {
    let emulator = TestEmulator::start().await;
    let mut client = member(&emulator, PROTOBUF).await;
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
