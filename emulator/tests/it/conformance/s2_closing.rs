//! 2: closing connections.

use serde_json::json;

use crate::support::{Handler, JSON, RELIABLE, TestEmulator, facts, recover};

/// Checks the reason that a client gets when it is closed with this query.
async fn told(query: &str, message: &str) {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &["g"]).await;

    let path = format!("groups/g/:closeConnections?{query}");
    emulator.status("POST", &path).await;

    let expected = json!({ "type": "system", "event": "disconnected", "message": message });
    assert_eq!(ann.next().await, expected);
    assert_eq!(ann.closed().await, (1000, String::new()));
    let disconnected = handler.next_named("disconnected").await;
    assert_eq!(disconnected.json(), json!({ "reason": message }));
}

facts! { told;
    without_a_reason: "", "Application server closed the connection.";
    with_an_empty_reason: "reason=", "Application server closed the connection.";
    with_a_reason: "reason=see%20you", "Application server closed the connection. Reason: see you";
    with_a_reason_of_any_characters: "reason=%22%C3%A9%0A%22", "Application server closed the connection. Reason: \"é\n\"";
}

#[tokio::test]
async fn connections_can_be_excluded() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.connect(Some(JSON), json!({})).await;
    let spared = ann.connected().await;
    let mut bob = emulator.member("bob", &[]).await;

    let path = format!(":closeConnections?excluded={spared}");
    emulator.status("POST", &path).await;

    assert_eq!(bob.closed().await.0, 1000);
    assert!(ann.until_pong().await.is_empty());
}

#[tokio::test]
async fn a_closed_reliable_client_cannot_recover() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.connect(Some(RELIABLE), json!({})).await;
    let connected = ann.next().await;
    let id = connected["connectionId"].as_str().unwrap();

    emulator
        .status("DELETE", &format!("connections/{id}"))
        .await;

    assert_eq!(ann.closed().await.0, 1000);
    let path = format!("connections/{id}");
    assert_eq!(emulator.status("HEAD", &path).await, 404);
    assert_eq!(recover(&emulator, &connected).await.closed().await.0, 1008);
}

#[tokio::test]
async fn a_disconnected_reliable_client_cannot_recover_after_a_close() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(Some(RELIABLE), json!({ "sub": "ann" }))
        .await;
    let connected = ann.next().await;
    ann.drop_socket();

    emulator.status("POST", "users/ann/:closeConnections").await;

    assert_eq!(emulator.status("HEAD", "users/ann").await, 404);
    assert_eq!(recover(&emulator, &connected).await.closed().await.0, 1008);
}
