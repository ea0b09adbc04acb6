//! Protobuf clients.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Client, TestEmulator};

/// The user `ann` with every role, after the `connected` frame.
pub(crate) async fn protobuf_member(emulator: &TestEmulator, subprotocol: &str) -> Client {
    let roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    let mut client = emulator
        .connect(Some(subprotocol), json!({ "sub": "ann", "role": roles }))
        .await;
    let connected = client.next_binary().await;
    // Field 3 `system`, with a length of one or two bytes, holds field 1 `connected`.
    let after_length = 1
        + connected[1..]
            .iter()
            .take_while(|byte| **byte >= 0x80)
            .count()
        + 1;
    assert_eq!((connected[0], connected[after_length]), (0x1a, 0x0a));
    client
}

/// Sends these bytes.
pub(crate) async fn say(client: &mut Client, base64: &str) {
    client
        .send_message(Message::binary(STANDARD.decode(base64).unwrap()))
        .await;
}
