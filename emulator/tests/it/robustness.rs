//! Bytes that no well-behaved client sends, and clients that do not behave.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Handler, TestEmulator, within};

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
        let mut stream = emulator.raw_socket().await;

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
