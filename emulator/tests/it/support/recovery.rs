//! Recovery of reliable clients.

use serde_json::{Value, json};

use super::{Client, RELIABLE, TestEmulator};

/// The recovery URL for a `connected` frame.
pub(crate) fn recovery_path(connected: &Value) -> String {
    let id = connected["connectionId"].as_str().unwrap();
    let token = connected["reconnectionToken"].as_str().unwrap();
    format!("/client/hubs/chat?awps_connection_id={id}&awps_reconnection_token={token}")
}

/// Recovers a connection with a new socket.
pub(crate) async fn recover(emulator: &TestEmulator, connected: &Value) -> Client {
    let path = recovery_path(connected);
    Client::connect(emulator.addr, path, Some(RELIABLE.to_owned())).await
}

/// A member of `g` with every role, and its `connected` frame.
pub(crate) async fn reliable(emulator: &TestEmulator) -> (Client, Value) {
    let claims = json!({ "sub": "ann", "role": ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"], "webpubsub.group": "g" });
    let mut client = emulator.connect(Some(RELIABLE), claims).await;
    let connected = client.next().await;
    (client, connected)
}
