//! The reliable protocols (reference 4.4).

use std::time::Duration;

use emulator::{Config, Timing};
use serde_json::{Value, json};

use crate::support::{Client, Handler, RELIABLE, TestEmulator, handled, impatient};

fn path(connected: &Value) -> String {
    let id = connected["connectionId"].as_str().unwrap();
    let token = connected["reconnectionToken"].as_str().unwrap();
    format!("/client/hubs/chat?awps_connection_id={id}&awps_reconnection_token={token}")
}

/// Comes back with a new socket, given its `connected` frame.
pub(crate) async fn recover(emulator: &TestEmulator, connected: &Value) -> Client {
    Client::connect(emulator.addr, path(connected), Some(RELIABLE.to_owned())).await
}

async fn reliable(emulator: &TestEmulator) -> (Client, Value) {
    let claims = json!({ "sub": "ann", "role": ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"], "webpubsub.group": "g" });
    let mut client = emulator.connect(Some(RELIABLE), claims).await;
    let connected = client.next().await;
    (client, connected)
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_a_socket_breaks() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    for text in ["one", "two"] {
        emulator.send_text("groups/g/:send", text).await;
        ann.next().await;
    }
    ann.send(json!({ "type": "sequenceAck", "sequenceId": 1 }))
        .await;
    assert!(ann.until_pong().await.is_empty());
    ann.drop_socket();
    emulator.send_text("groups/g/:send", "three").await;

    let mut back = recover(&emulator, &connected).await;

    let mut seen = Vec::new();
    for _ in 0..2 {
        let frame = back.next().await;
        seen.push((frame["data"].clone(), frame["sequenceId"].as_u64().unwrap()));
    }
    assert_eq!(seen, [(json!("two"), 2), (json!("three"), 3)]);
    assert!(back.until_pong().await.is_empty());
}

#[tokio::test]
async fn groups_roles_and_done_requests_survive() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    ann.ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
        .await
        .unwrap();
    ann.drop_socket();

    let mut back = recover(&emulator, &connected).await;

    let again = back
        .ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
        .await;
    assert_eq!(again, Err("Duplicate".to_owned()));
    emulator.send_text("groups/h/:send", "still in").await;
    assert_eq!(back.next().await["data"], "still in");
}

#[tokio::test]
async fn a_new_socket_replaces_one_that_is_still_there() {
    let emulator = TestEmulator::start().await;
    let (mut old, connected) = reliable(&emulator).await;

    let mut new = recover(&emulator, &connected).await;

    assert_eq!(old.closed().await.0, 1006);
    emulator.send_text("groups/g/:send", "to the new one").await;
    assert_eq!(new.next().await["sequenceId"], 1);
}

#[tokio::test]
async fn what_cannot_be_recovered_is_upgraded_and_closed_with_1008() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    let (_other, other_connected) = reliable(&emulator).await;
    let mut foreign_token = connected.clone();
    foreign_token["reconnectionToken"] = other_connected["reconnectionToken"].clone();
    let mut unknown = connected.clone();
    unknown["connectionId"] = json!("none");
    let other_hub = path(&connected).replace("/chat?", "/other?");
    ann.close("done").await;

    for path in [
        path(&connected),
        path(&foreign_token),
        path(&unknown),
        other_hub,
    ] {
        let mut refused = Client::connect(emulator.addr, path, Some(RELIABLE.to_owned())).await;
        assert_eq!(
            refused.closed().await,
            (1008, "The connection could not be recovered.".to_owned())
        );
    }
}

#[tokio::test]
async fn a_token_that_expired_meanwhile_is_not_looked_at() {
    let emulator = TestEmulator::start().await;
    let (ann, connected) = reliable(&emulator).await;
    ann.drop_socket();

    let path = format!("{}&access_token=nonsense", path(&connected));
    let mut back = Client::connect(emulator.addr, path, Some(RELIABLE.to_owned())).await;

    assert!(back.until_pong().await.is_empty());
}

#[tokio::test]
async fn the_handler_hears_of_the_end_once_and_only_when_nobody_came_back() {
    let handler = Handler::silent().await;
    let timing = Timing {
        recovery_window: Duration::from_millis(50),
        ..impatient()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;
    let (ann, connected) = reliable(&emulator).await;
    ann.drop_socket();

    let left = handler.next_named("disconnected").await;

    assert_eq!(
        left.json(),
        json!({ "reason": "The connection recovery timeout expired." })
    );
    let mut late = recover(&emulator, &connected).await;
    assert_eq!(late.closed().await.0, 1008);
}

#[tokio::test]
async fn a_thousand_unacknowledged_messages_are_the_most_that_is_kept() {
    let emulator = TestEmulator::with(Config::default()).await;
    let (ann, connected) = reliable(&emulator).await;
    let mut bob = emulator.member("bob", &[]).await;
    ann.drop_socket();

    for n in 0..1001 {
        bob.send(json!({ "type": "sendToGroup", "group": "g", "data": n }))
            .await;
    }
    assert!(bob.until_pong().await.is_empty());

    let mut late = recover(&emulator, &connected).await;
    assert_eq!(late.closed().await.0, 1008);
}

#[tokio::test]
async fn a_simple_drop_of_an_unreliable_client_is_its_end() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let ann = emulator.member("ann", &[]).await;

    ann.drop_socket();

    let left = handler.next_named("disconnected").await;
    assert_eq!(left.json(), json!({ "reason": "The connection ended." }));
}
