//! Invalid bytes and misbehaving clients.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{Client, Handler, TestEmulator, facts, within};

/// The code of the close frame at the end of what the service sends, if there is one.
async fn close_code(mut stream: TcpStream) -> Option<u16> {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = within("the end", stream.read_to_end(&mut bytes)).await;
    let at = bytes.windows(2).rposition(|pair| pair[0] == 0x88)?;
    let code = bytes.get(at + 2..at + 4)?;
    Some(u16::from_be_bytes(code.try_into().unwrap()))
}

/// Checks the close code after these bytes on an open WebSocket.
async fn ends(bytes: Vec<u8>, code: u16) {
    let emulator = TestEmulator::start().await;
    let mut stream = emulator.raw_socket().await;

    stream.write_all(&bytes).await.unwrap();

    assert_eq!(close_code(stream).await, Some(code), "{bytes:x?}");
    let mut others = emulator.member("ann", &[]).await;
    assert!(others.until_pong().await.is_empty());
}

/// A frame with this first byte and a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = 0x80 | u8::try_from(payload.len()).unwrap();
    [&[first, length, 0, 0, 0, 0], payload].concat()
}

/// A first byte and a 64-bit length, without a payload.
fn long(first: u8, length: u64) -> Vec<u8> {
    [&[first, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat()
}

const TEXT: u8 = 0x81;
const UNFINISHED_TEXT: u8 = 0x01;
const CONTINUATION: u8 = 0x80;
const PING: u8 = 0x89;
const CLOSE: u8 = 0x88;

facts! { ends;
    a_frame_without_a_mask: b"\x81\x02hi".to_vec(), 1002;
    a_reserved_opcode: frame(0x83, b""), 1002;
    a_reserved_bit: frame(TEXT | 0x40, b"{}"), 1002;
    a_continuation_of_nothing: frame(CONTINUATION, b"{}"), 1002;
    a_message_within_a_message: [frame(UNFINISHED_TEXT, b"{"), frame(TEXT, b"{}")].concat(), 1002;
    a_ping_in_pieces: frame(0x09, b""), 1002;
    a_ping_that_is_too_long: [&[PING, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat(), 1002;
    a_reserved_close_code: frame(CLOSE, &1005_u16.to_be_bytes()), 1002;
    half_a_close_code: frame(CLOSE, &[3]), 1002;
    a_length_of_one_byte_too_many: long(TEXT, 1024 * 1024 + 1), 1009;
    a_length_of_all_memory: long(TEXT, u64::MAX >> 1), 1009;
    invalid_text: frame(TEXT, &[0xff, 0xfe]), 1007;
    invalid_text_in_pieces: [frame(UNFINISHED_TEXT, &[0xc3]), frame(CONTINUATION, &[0xff])].concat(), 1007;
}

#[tokio::test]
async fn a_message_may_come_in_pieces_with_pings_between() {
    let emulator = TestEmulator::start().await;
    let mut stream = emulator.raw_socket().await;
    let mut connected = vec![0; 2];
    stream.read_exact(&mut connected).await.unwrap();
    let mut rest = vec![0; usize::from(connected[1])];
    stream.read_exact(&mut rest).await.unwrap();

    let pieces = [
        frame(UNFINISHED_TEXT, b"{\"type\":"),
        frame(PING, b"x"),
        frame(CONTINUATION, b"\"ping\"}"),
    ];
    for byte in pieces.concat() {
        stream.write_all(&[byte]).await.unwrap();
    }

    let expected = b"\x8a\x01x\x81\x0f{\"type\":\"pong\"}";
    let mut answer = vec![0; expected.len()];
    within("the answers", stream.read_exact(&mut answer))
        .await
        .unwrap();
    assert_eq!(answer, expected);
}

/// Checks the status of the response to these bytes.
async fn answers(request: Vec<u8>, status: u16) {
    let emulator = TestEmulator::start().await;

    assert_eq!(emulator.raw_status(&request).await, status);
}

fn get(more: &str) -> Vec<u8> {
    format!("GET /client/hubs/chat HTTP/1.1\r\n{more}\r\n").into_bytes()
}

facts! { answers;
    bytes_that_are_not_http: b"\x16\x03\x01\x00\x00 nonsense\r\n\r\n".to_vec(), 400;
    an_invalid_method: b"G@T / HTTP/1.1\r\n\r\n".to_vec(), 400;
    a_head_that_does_not_end: get(&format!("X: {}\r\n", "x".repeat(1024 * 1024))), 431;
    too_many_headers: get(&"X: y\r\n".repeat(1000)), 431;
    a_header_without_a_colon: get("nonsense\r\n"), 400;
    two_lengths: get("Content-Length: 1\r\nContent-Length: 2\r\n"), 400;
    no_host: get(""), 400;
    a_host_that_is_not_text: b"GET /client/hubs/chat HTTP/1.1\r\nHost: \xff\r\n\r\n".to_vec(), 400;
}

#[tokio::test]
async fn five_hundred_clients_can_connect_at_once() {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({ "webpubsub.group": "g" }));
    let mut storm = JoinSet::new();
    for _ in 0..500 {
        let (addr, path) = (emulator.addr, path.clone());
        storm.spawn(Client::connect(addr, path, None));
    }
    let clients = storm.join_all().await;

    emulator.send_text("groups/g/:send", "welcome").await;

    assert_eq!(clients.len(), 500);
    for mut client in clients {
        assert_eq!(client.next_text().await, "welcome");
    }
}

/// Connections without a request do not block others.
#[tokio::test]
async fn silent_connections_block_nobody() {
    let emulator = TestEmulator::start().await;
    let mut silent = Vec::new();
    for part in ["", "GET ", "GET / HTTP/1.1\r\nHost: x\r\n"].repeat(50) {
        let mut stream = TcpStream::connect(emulator.addr).await.unwrap();
        stream.write_all(part.as_bytes()).await.unwrap();
        silent.push(stream);
    }

    let mut ann = emulator.member("ann", &[]).await;

    assert!(ann.until_pong().await.is_empty());
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off_without_affecting_others() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut slow = emulator
        .connect(None, json!({ "sub": "slow", "webpubsub.group": "g" }))
        .await;
    let mut quick = emulator.member("quick", &["g"]).await;
    let body = "x".repeat(1024 * 1000);

    // More than the buffers of the system and the emulator hold.
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
async fn many_emulators_run_in_one_process() {
    let (one, other) = (TestEmulator::start().await, TestEmulator::start().await);
    let _ann = one.member("ann", &[]).await;

    assert_eq!(one.status("HEAD", "users/ann").await, 200);
    assert_eq!(other.status("HEAD", "users/ann").await, 404);
}

#[tokio::test]
async fn a_stopping_emulator_closes_its_clients() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    drop(emulator);

    assert_eq!(ann.closed().await.0, 1001);
}
