//! 4.7: group state.

use serde_json::json;

use crate::support::{JSON, TestEmulator};

#[tokio::test]
async fn a_watcher_gets_a_snapshot_and_then_updates() {
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
async fn an_unsubscribed_watcher_gets_nothing() {
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
async fn an_ended_connection_clears_its_state() {
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

#[tokio::test]
async fn a_state_is_replaced_as_a_whole_and_its_owner_is_notified() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    ann.ask(json!({ "type": "subscribeGroupState", "group": "g", "ackId": 1 }))
        .await
        .unwrap();
    let empty = ann.next().await;

    ann.send(json!({ "type": "setGroupState", "group": "g", "state": { "a": "1" } }))
        .await;
    ann.send(json!({ "type": "setGroupState", "group": "g", "state": { "b": "2" } }))
        .await;

    assert_eq!(
        empty,
        json!({ "type": "groupStateSnapshot", "group": "g", "items": [] })
    );
    let (first, second) = (ann.next().await, ann.next().await);
    assert_eq!(first["items"][0]["state"], json!({ "a": "1" }));
    assert_eq!(second["items"][0]["state"], json!({ "b": "2" }));
    let times = [&first, &second].map(|update| update["items"][0]["updatedAt"].as_i64());
    assert!(times[0] < times[1]);
}

#[tokio::test]
async fn setting_needs_the_role_to_send_and_watching_the_role_to_join() {
    let emulator = TestEmulator::start().await;
    let show = json!({ "type": "setGroupState", "group": "g", "ackId": 1, "state": {} });
    let watch = json!({ "type": "subscribeGroupState", "group": "g", "ackId": 2 });
    let forbidden = Err("Forbidden".to_owned());

    let sender = json!({ "role": "webpubsub.sendToGroup" });
    let mut sender = emulator.connect(Some(JSON), sender).await;
    sender.connected().await;
    assert_eq!(sender.ask(show.clone()).await, Ok(()));
    assert_eq!(sender.ask(watch.clone()).await, forbidden);

    let joiner = json!({ "role": "webpubsub.joinLeaveGroup" });
    let mut joiner = emulator.connect(Some(JSON), joiner).await;
    joiner.connected().await;
    assert_eq!(joiner.ask(show).await, forbidden);
    assert_eq!(joiner.ask(watch).await, Ok(()));
}
