//! Bytes that no well-behaved client sends, and clients that do not behave (reference 4.2, 4.8).

use std::time::Duration;

use emulator::{Config, HubConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Handler, PROTOBUF, TestEmulator, within};

#[tokio::test]
async fn a_frame_that_makes_no_sense_ends_the_connection() {
    let emulator = TestEmulator::start().await;
    let frames = [
        (Message::text("{\"type\":\"nonsense\"}"), 1007),
        (Message::text("not json"), 1007),
        (Message::text("[".repeat(100_000)), 1007),
        (Message::binary(b"{}".to_vec()), 1003),
        (Message::text("x".repeat(1024 * 1024 + 1)), 1009),
    ];
    for (frame, code) in frames {
        let mut client = emulator.member("ann", &[]).await;

        client.send_message(frame).await;

        assert_eq!(client.closed().await.0, code);
    }
}

#[tokio::test]
async fn what_was_asked_before_a_bad_frame_is_answered() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "joinGroup", "group": "g", "ackId": 1 }))
        .await;
    ann.send_message(Message::text("not json")).await;

    assert_eq!(ann.next().await["ackId"], 1);
    assert_eq!(ann.closed().await.0, 1007);
}

#[tokio::test]
async fn a_protobuf_client_speaks_binary_only() {
    let emulator = TestEmulator::start().await;
    for (frame, code) in [
        (Message::text("{}"), 1003),
        (Message::binary(vec![0xff; 20]), 1007),
    ] {
        let mut client = emulator.connect(Some(PROTOBUF), json!({})).await;
        client.next_binary().await;

        client.send_message(frame).await;

        assert_eq!(client.closed().await.0, code);
    }
}

#[tokio::test]
async fn the_longest_message_that_is_allowed_arrives() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;
    let text = "x".repeat(1024 * 1024 - 200);

    ann.send(json!({ "type": "sendToGroup", "group": "g", "dataType": "text", "data": text }))
        .await;

    assert_eq!(
        ann.next().await["data"].as_str().map(str::len),
        Some(text.len())
    );
}

/// Opens a WebSocket by hand, so that anything can be written on it.
async fn raw_socket(emulator: &TestEmulator) -> TcpStream {
    let mut stream = TcpStream::connect(emulator.addr).await.unwrap();
    let path = emulator.client_path("chat", json!({}));
    let handshake = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: json.webpubsub.azure.v1\r\n\r\n",
        emulator.addr
    );
    stream.write_all(handshake.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(within("the handshake", stream.read_u8()).await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap().to_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    // The example of RFC 6455, section 1.3.
    assert!(
        answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
        "{answer}"
    );
    assert!(
        answer.contains("sec-websocket-protocol: json.webpubsub.azure.v1"),
        "{answer}"
    );
    stream
}

/// The code of the close frame that ends what the service sends.
async fn close_code(mut stream: TcpStream) -> u16 {
    let mut bytes = Vec::new();
    within("the end", stream.read_to_end(&mut bytes))
        .await
        .unwrap();
    let at = bytes.iter().rposition(|&byte| byte == 0x88).unwrap();
    u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])
}

#[tokio::test]
async fn frames_that_break_the_websocket_protocol_are_refused() {
    let emulator = TestEmulator::start().await;
    let unmasked = b"\x81\x02hi".to_vec();
    let reserved_opcode = vec![0x83, 0x80, 0, 0, 0, 0];
    let lying_length = [&[0x81, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat();
    for (bytes, codes) in [
        (unmasked, [1002, 1002]),
        (reserved_opcode, [1002, 1002]),
        (lying_length, [1009, 1002]),
    ] {
        let mut stream = raw_socket(&emulator).await;

        stream.write_all(&bytes).await.unwrap();

        let code = close_code(stream).await;
        assert!(codes.contains(&code), "{bytes:?} closed with {code}");
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_given_up_and_others_do_not_notice() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut slow = emulator
        .connect(None, json!({ "sub": "slow", "webpubsub.group": "g" }))
        .await;
    let mut quick = emulator.member("quick", &["g"]).await;
    let body = "x".repeat(1024 * 1000);

    // More than the system's buffers and ours can hold together.
    for _ in 0..40 {
        emulator
            .rest("POST", "groups/g/:send", "text/plain", body.clone())
            .await;
        assert_eq!(
            quick.next().await["data"].as_str().map(str::len),
            Some(body.len())
        );
    }

    let left = handler.next_named("disconnected").await;
    assert_eq!(
        (left.header("ce-userid"), left.json()),
        (
            Some("slow"),
            json!({ "reason": "The client reads too slowly." })
        )
    );
    assert_eq!(slow.closed().await.0, 1006);
}

#[tokio::test]
async fn an_idle_client_is_pinged() {
    let hub = HubConfig::default().with_keep_alive(Duration::from_millis(20));
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.next_ping().await;
}

#[tokio::test]
async fn a_half_open_socket_is_noticed() {
    let handler = Handler::silent().await;
    let hub = HubConfig::default()
        .with_keep_alive(Duration::from_millis(20))
        .with_handler(emulator::EventHandler::all(&handler.template()).unwrap());
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;

    // It never answers a ping.
    let _stream = raw_socket(&emulator).await;

    assert_eq!(
        handler.next_named("disconnected").await.json(),
        json!({ "reason": "The connection ended." })
    );
}

#[tokio::test]
async fn many_emulators_run_in_one_process() {
    let (one, other) = (TestEmulator::start().await, TestEmulator::start().await);
    let _ann = one.member("ann", &[]).await;

    assert_eq!(one.status("HEAD", "users/ann").await, 200);
    assert_eq!(other.status("HEAD", "users/ann").await, 404);
}

#[tokio::test]
async fn a_stopping_emulator_tells_its_clients() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    drop(emulator);

    assert_eq!(ann.closed().await.0, 1001);
}
