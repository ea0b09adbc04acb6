//! Planned faults: deliveries that are dropped, delayed or repeated.

use emulator::Config;
use http::StatusCode;
use serde_json::json;

use crate::control::control;
use crate::support::{RELIABLE, TestEmulator, recover};

async fn emulator() -> TestEmulator {
    TestEmulator::with(Config::default().with_control()).await
}

async fn plan(emulator: &TestEmulator, plan: &str) {
    let (status, answer) = control(emulator, "POST", &format!("deliveries/{plan}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test]
async fn a_dropped_message_does_not_arrive_and_the_next_one_does() {
    let emulator = emulator().await;
    let mut ann = emulator.member("ann", &[]).await;
    plan(&emulator, "drop?count=1").await;

    emulator.send_text(":send", "lost").await;
    emulator.send_text(":send", "found").await;

    assert_eq!(ann.next().await["data"], "found");
}

#[tokio::test]
async fn a_recovered_client_gets_dropped_messages() {
    let emulator = emulator().await;
    let mut ann = emulator.connect(Some(RELIABLE), json!({})).await;
    let connected = ann.next().await;
    plan(&emulator, "drop?count=1").await;
    emulator.send_text(":send", "lost").await;
    emulator.send_text(":send", "found").await;
    let found = ann.next().await;
    ann.drop_socket();

    let first = recover(&emulator, &connected).await.next().await;

    assert_eq!(found["sequenceId"], 2);
    assert_eq!(
        (&first["data"], &first["sequenceId"]),
        (&json!("lost"), &json!(1))
    );
}

#[tokio::test]
async fn a_repeated_message_has_the_same_sequence_id() {
    let emulator = emulator().await;
    let mut ann = emulator.connect(Some(RELIABLE), json!({})).await;
    ann.next().await;
    plan(&emulator, "repeat?count=1").await;

    emulator.send_text(":send", "twice").await;

    let (first, second) = (ann.next().await, ann.next().await);
    assert_eq!(first, second);
    assert_eq!(first["sequenceId"], 1);
}

#[tokio::test]
async fn a_delayed_message_is_overtaken() {
    let emulator = emulator().await;
    let mut ann = emulator.member("ann", &[]).await;
    plan(&emulator, "delay?ms=500&count=1").await;

    emulator.send_text(":send", "late").await;
    emulator.send_text(":send", "early").await;

    assert_eq!(ann.next().await["data"], "early");
    assert_eq!(ann.next().await["data"], "late");
}

#[tokio::test]
async fn a_plan_may_be_for_one_connection_and_can_be_removed() {
    let emulator = emulator().await;
    let (mut ann, mut bob) = (
        emulator.connect(Some(RELIABLE), json!({})).await,
        emulator.member("bob", &[]).await,
    );
    let id = ann.next().await["connectionId"]
        .as_str()
        .unwrap()
        .to_owned();
    plan(&emulator, &format!("drop?count=5&connection={id}")).await;

    emulator.send_text(":send", "for bob").await;
    let (_, planned) = control(&emulator, "GET", "deliveries").await;
    control(&emulator, "DELETE", "deliveries").await;
    emulator.send_text(":send", "for both").await;

    assert_eq!(
        planned["planned"],
        json!([{ "fate": "drop", "left": 4, "connection": id }])
    );
    assert_eq!(bob.next().await["data"], "for bob");
    assert_eq!(bob.next().await["data"], "for both");
    assert_eq!(ann.next().await["data"], "for both");
}

#[tokio::test]
async fn an_invalid_plan_is_refused() {
    let emulator = emulator().await;

    for wrong in [
        "drop",
        "delay?count=1",
        "delay?count=1&ms=600001",
        "burn?count=1",
    ] {
        let (status, _) = control(&emulator, "POST", &format!("deliveries/{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}
