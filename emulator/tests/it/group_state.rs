//! Group state (reference 4.7).

use serde_json::json;

use crate::support::TestEmulator;

#[tokio::test]
async fn a_watcher_sees_what_there_is_and_then_what_changes() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &[]).await;
    ann.ask(
        json!({ "type": "setGroupState", "group": "g", "ackId": 1, "state": { "mood": "good" } }),
    )
    .await
    .unwrap();

    bob.ask(json!({ "type": "subscribeGroupState", "group": "g", "ackId": 1 }))
        .await
        .unwrap();
    let snapshot = bob.next().await;
    ann.ask(json!({ "type": "setGroupState", "group": "g", "ackId": 2 }))
        .await
        .unwrap();
    let update = bob.next().await;

    assert_eq!(snapshot["type"], "groupStateSnapshot");
    let item = &snapshot["items"][0];
    assert_eq!(
        (&item["userId"], &item["state"]),
        (&json!("ann"), &json!({ "mood": "good" }))
    );
    assert_eq!(update["type"], "groupStateUpdate");
    assert_eq!(update["items"][0].get("state"), None);
    assert!(update["items"][0]["updatedAt"].as_i64() > item["updatedAt"].as_i64());
}

#[tokio::test]
async fn who_stopped_watching_hears_nothing_more() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &[]).await;
    bob.ask(json!({ "type": "subscribeGroupState", "group": "g", "ackId": 1 }))
        .await
        .unwrap();
    bob.next().await;

    bob.ask(json!({ "type": "unsubscribeGroupState", "group": "g", "ackId": 2 }))
        .await
        .unwrap();
    ann.ask(json!({ "type": "setGroupState", "group": "g", "ackId": 1, "state": {} }))
        .await
        .unwrap();

    assert!(bob.until_pong().await.is_empty());
}

#[tokio::test]
async fn a_connection_that_ends_shows_nothing() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &[]).await;
    bob.ask(json!({ "type": "subscribeGroupState", "group": "g", "ackId": 1 }))
        .await
        .unwrap();
    bob.next().await;
    ann.ask(json!({ "type": "setGroupState", "group": "g", "ackId": 1, "state": { "k": "v" } }))
        .await
        .unwrap();
    bob.next().await;

    ann.close("bye").await;

    assert_eq!(bob.next().await["items"][0].get("state"), None);
}
