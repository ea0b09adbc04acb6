//! 4.6: streams.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, JSON, PROTOBUF, RELIABLE, TestEmulator, protobuf_member, recover};

fn start(stream: &str) -> Value {
    json!({ "type": "sendToGroup", "group": "g", "noEcho": true, "stream": { "streamId": stream } })
}

fn part(stream: &str, sequence: u64, text: &str) -> Value {
    json!({ "type": "streamData", "streamId": stream, "streamSequenceId": sequence, "dataType": "text", "data": text })
}

async fn started(client: &mut Client, stream: &str) {
    client.send(start(stream)).await;
    assert_eq!(
        client.next().await,
        json!({ "type": "streamAck", "streamId": stream, "expectedSequenceId": 1 })
    );
}

#[tokio::test]
async fn subscribers_see_the_parts_in_order_and_the_end() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &["g"]).await;
    started(&mut ann, "s").await;

    ann.send(part("s", 1, "a")).await;
    ann.send(json!({ "type": "streamEnd", "streamId": "s" }))
        .await;

    assert_eq!(
        ann.next().await,
        json!({ "type": "streamAck", "streamId": "s", "expectedSequenceId": 2 })
    );
    assert_eq!(
        ann.next().await,
        json!({ "type": "streamClosed", "streamId": "s" })
    );
    let first = bob.next().await;
    assert_eq!(
        (&first["data"], &first["stream"]),
        (
            &json!("a"),
            &json!({ "streamId": "s", "streamSequenceId": 1 })
        )
    );
    let last = bob.next().await;
    assert_eq!(
        last["stream"],
        json!({ "streamId": "s", "streamSequenceId": 2, "endOfStream": true })
    );
    assert_eq!(
        (&last["dataType"], &last["data"]),
        (&json!("text"), &json!(""))
    );
}

#[tokio::test]
async fn a_gap_is_refused_and_a_duplicate_is_not_published() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &["g"]).await;
    started(&mut ann, "s").await;

    ann.send(part("s", 2, "too early")).await;
    ann.send(part("s", 1, "a")).await;
    ann.send(part("s", 1, "a")).await;

    let nack = ann.next().await;
    assert_eq!(
        (&nack["type"], &nack["name"], &nack["expectedSequenceId"]),
        (&json!("streamNack"), &json!("InvalidSequenceId"), &json!(1))
    );
    assert_eq!(ann.next().await["expectedSequenceId"], 2);
    assert_eq!(ann.next().await["expectedSequenceId"], 2);
    let frames = bob.until_pong().await;
    assert_eq!(frames.len(), 1, "{frames:?}");
}

#[tokio::test]
async fn a_publisher_may_end_with_an_error() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &["g"]).await;
    started(&mut ann, "s").await;

    ann.send(json!({ "type": "streamEnd", "streamId": "s", "error": { "message": "no more", "userErrorCode": "E1" } })).await;

    assert_eq!(
        bob.next().await["stream"]["error"],
        json!({ "name": "UserError", "message": "no more", "userErrorCode": "E1" })
    );
}

#[tokio::test]
async fn an_unknown_stream_is_closed() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(part("none", 1, "a")).await;

    assert_eq!(ann.next().await["error"]["name"], "StreamNotFound");
}

#[tokio::test]
async fn a_stream_needs_the_permission_to_send() {
    let emulator = TestEmulator::start().await;
    let mut eve = emulator.connect(Some(JSON), json!({ "sub": "eve" })).await;
    eve.connected().await;

    eve.send(start("s")).await;

    assert_eq!(eve.next().await["error"]["name"], "Forbidden");
}

#[tokio::test]
async fn a_stream_that_idles_too_long_ends() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &["g"]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "stream": { "streamId": "s", "idleTimeoutMs": 20 } })).await;

    assert_eq!(ann.next().await["type"], "streamAck");
    let closed = ann.next().await;
    assert_eq!(
        (&closed["type"], &closed["error"]["name"]),
        (&json!("streamClosed"), &json!("IdleTimeout"))
    );
    assert_eq!(bob.next().await["stream"]["error"]["name"], "IdleTimeout");
}

#[tokio::test]
async fn the_default_idle_time_is_five_minutes() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    started(&mut ann, "s").await;

    emulator.clock.advance(Duration::from_secs(299));
    assert!(ann.until_pong().await.is_empty());
    emulator.clock.advance(Duration::from_secs(1));

    assert_eq!(ann.next().await["error"]["name"], "IdleTimeout");
}

#[tokio::test]
async fn any_idle_time_is_accepted() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "stream": { "streamId": "s", "idleTimeoutMs": u64::MAX } }))
        .await;

    assert_eq!(ann.next().await["type"], "streamAck");
    assert!(ann.until_pong().await.is_empty());
}

#[tokio::test]
async fn a_publishers_streams_end_with_its_connection() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &["g"]).await;
    started(&mut ann, "s").await;

    ann.close("bye").await;

    assert_eq!(bob.next().await["stream"]["error"]["name"], "Cancelled");
}

#[tokio::test]
async fn a_reliable_publisher_resumes_after_a_new_connected_frame() {
    let emulator = TestEmulator::start().await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let mut ann = emulator
        .connect(Some(RELIABLE), json!({ "role": "webpubsub.sendToGroup" }))
        .await;
    let connected = ann.next().await;
    started(&mut ann, "s").await;
    ann.drop_socket();

    let mut back = recover(&emulator, &connected).await;

    assert_eq!(back.next().await["event"], "connected");
    back.send(part("s", 1, "a")).await;
    assert_eq!(back.next().await["expectedSequenceId"], 2);
    assert_eq!(bob.next().await["data"], "a");
}

#[tokio::test]
async fn a_stream_id_is_free_again_after_its_stream() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &[]).await;
    started(&mut ann, "s").await;

    ann.send(start("s")).await;
    assert_eq!(ann.next().await["error"]["name"], "BadRequest");
    // On another connection it is another stream.
    started(&mut bob, "s").await;
    ann.send(json!({ "type": "streamEnd", "streamId": "s" }))
        .await;
    assert_eq!(ann.next().await["type"], "streamClosed");
    started(&mut ann, "s").await;
}

#[tokio::test]
async fn a_keepalive_is_not_published_or_answered() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &["g"]).await;
    started(&mut ann, "s").await;

    ann.send(json!({ "type": "streamData", "streamId": "s" }))
        .await;

    assert!(ann.until_pong().await.is_empty());
    assert!(bob.until_pong().await.is_empty());
}

#[tokio::test]
async fn a_publisher_may_get_its_own_stream() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;
    let echoing = json!({ "type": "sendToGroup", "group": "g", "stream": { "streamId": "s" } });
    ann.send(echoing).await;
    ann.next().await;

    ann.send(part("s", 1, "a")).await;

    assert_eq!(ann.next().await["data"], "a");
    assert_eq!(ann.next().await["expectedSequenceId"], 2);
}

#[tokio::test]
async fn a_lost_permission_ends_the_stream_for_publisher_and_subscribers() {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "sub": "ann", "role": "webpubsub.sendToGroup" });
    let mut ann = emulator.connect(Some(JSON), claims).await;
    let id = ann.connected().await;
    let mut bob = emulator.member("bob", &["g"]).await;
    started(&mut ann, "s").await;

    let path = format!("permissions/sendToGroup/connections/{id}?targetName=g");
    emulator.status("DELETE", &path).await;
    ann.send(part("s", 1, "a")).await;

    assert_eq!(ann.next().await["error"]["name"], "Forbidden");
    assert_eq!(bob.next().await["stream"]["error"]["name"], "Forbidden");
}

#[tokio::test]
async fn simple_clients_see_plain_messages() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut simple = emulator
        .connect(None, json!({ "webpubsub.group": "g" }))
        .await;
    started(&mut ann, "s").await;

    ann.send(part("s", 1, "a")).await;

    assert_eq!(simple.next_text().await, "a");
}

/// Field 6 of a data message: stream id, sequence id, end and error.
#[tokio::test]
async fn protobuf_subscribers_see_the_stream() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut protobuf = emulator
        .connect(Some(PROTOBUF), json!({ "webpubsub.group": "g" }))
        .await;
    protobuf.next_binary().await;
    started(&mut ann, "s").await;

    ann.send(part("s", 1, "a")).await;
    ann.send(json!({ "type": "streamEnd", "streamId": "s", "error": { "message": "no", "userErrorCode": "E1" } })).await;

    assert_eq!(
        protobuf.next_binary().await,
        b"\x12\x16\x0a\x05group\x12\x01g\x1a\x03\x0a\x01a\x32\x05\x0a\x01s\x10\x01"
    );
    assert_eq!(
        protobuf.next_binary().await,
        b"\x12\x2c\x0a\x05group\x12\x01g\x1a\x02\x0a\x00\x32\x1c\x0a\x01s\x10\x02\x18\x01\x22\x13\x0a\x09UserError\x12\x02no\x1a\x02E1"
    );
}

/// streamAck is field 6, streamNack 7 and streamClosed 8; streamData is field 13 and streamEnd 14.
#[tokio::test]
async fn a_protobuf_client_may_publish_a_stream() {
    let emulator = TestEmulator::start().await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let mut ann = protobuf_member(&emulator, PROTOBUF).await;
    let exchanges: [(&[u8], &[u8]); 4] = [
        (
            b"\x0a\x08\x0a\x01g\x3a\x03\x0a\x01s",
            b"\x32\x05\x0a\x01s\x10\x01",
        ),
        (
            b"\x6a\x0a\x0a\x01s\x10\x01\x1a\x03\x0a\x01a",
            b"\x32\x05\x0a\x01s\x10\x02",
        ),
        (
            b"\x6a\x0a\x0a\x01s\x10\x07\x1a\x03\x0a\x01b",
            b"\x3a\x4a\x0a\x01s\x12\x11InvalidSequenceId\x1a\x30The sequence id is higher than the expected one.\x20\x02",
        ),
        (
            b"\x72\x0b\x0a\x01s\x12\x06\x0a\x04over",
            b"\x42\x03\x0a\x01s",
        ),
    ];

    for (request, reply) in exchanges {
        ann.send_message(Message::binary(request.to_vec())).await;
        assert_eq!(ann.next_binary().await, reply);
    }

    assert_eq!(
        bob.next().await["stream"],
        json!({ "streamId": "s", "streamSequenceId": 1 })
    );
    assert_eq!(
        bob.next().await["stream"],
        json!({ "streamId": "s", "streamSequenceId": 2, "endOfStream": true, "error": { "name": "UserError", "message": "over" } })
    );
}

#[tokio::test]
async fn ending_an_unknown_stream_is_refused() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "streamEnd", "streamId": "none" }))
        .await;

    assert_eq!(ann.next().await["error"]["name"], "StreamNotFound");
}
