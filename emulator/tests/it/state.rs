//! Export and import.

use std::time::Duration;

use bytes::Bytes;
use emulator::{Config, HubConfig};
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::control::control;
use crate::support::{Client, JSON, TestEmulator, call, recover, reliable};

async fn emulator() -> TestEmulator {
    TestEmulator::with(Config::default().with_control()).await
}

async fn export(emulator: &TestEmulator) -> Value {
    let (status, state) = control(emulator, "GET", "state").await;
    assert_eq!(status, StatusCode::OK, "{state}");
    state
}

async fn import(emulator: &TestEmulator, state: &Value) -> (StatusCode, Value) {
    let request = Request::put(format!("{}/emulator/state", emulator.endpoint()))
        .body(Full::<Bytes>::from(state.to_string()))
        .unwrap();
    let answered = call(request).await;
    (answered.status, answered.json())
}

#[tokio::test]
async fn a_reliable_client_can_recover_at_the_other_emulator() {
    let (old, new) = (emulator().await, emulator().await);
    let (mut ann, connected) = reliable(&old).await;
    old.send_text("groups/g/:send", "seen").await;
    ann.next().await;
    ann.send(json!({ "type": "sequenceAck", "sequenceId": 1 }))
        .await;
    ann.until_pong().await;
    old.send_text("groups/g/:send", "text").await;
    old.rest("POST", ":send", "application/json", r#"{"a":[1]}"#)
        .await;
    old.rest("POST", ":send", "application/octet-stream", vec![0, 1])
        .await;

    let (status, answer) = import(&new, &export(&old).await).await;
    let mut back = recover(&new, &connected).await;

    assert_eq!(
        (status, answer),
        (StatusCode::OK, json!({ "connections": 1 }))
    );
    let mut seen = Vec::new();
    for _ in 0..3 {
        let frame = back.next().await;
        seen.push((frame["sequenceId"].clone(), frame["data"].clone()));
    }
    let expected = [
        (json!(2), json!("text")),
        (json!(3), json!({ "a": [1] })),
        (json!(4), json!("AAE=")),
    ];
    assert_eq!(seen, expected);
    new.send_text("groups/g/:send", "news").await;
    assert_eq!(back.next().await["sequenceId"], 5);
}

#[tokio::test]
async fn permissions_and_acknowledged_requests_are_exported() {
    let (old, new) = (emulator().await, emulator().await);
    let (mut ann, connected) = reliable(&old).await;
    let id = connected["connectionId"].as_str().unwrap();
    let join = |group: &str, ack: u64| json!({ "type": "joinGroup", "group": group, "ackId": ack });
    ann.ask(join("h", 1)).await.unwrap();
    let permission = format!("permissions/joinLeaveGroup/connections/{id}?targetName=closed");
    assert_eq!(old.status("DELETE", &permission).await, 204);

    import(&new, &export(&old).await).await;
    let mut back = recover(&new, &connected).await;

    assert_eq!(new.status("HEAD", "groups/h").await, 200);
    assert_eq!(new.status("HEAD", "users/ann").await, 200);
    assert_eq!(back.ask(join("h", 1)).await, Err("Duplicate".to_owned()));
    assert_eq!(
        back.ask(join("closed", 2)).await,
        Err("Forbidden".to_owned())
    );
    assert_eq!(back.ask(join("open", 3)).await, Ok(()));
}

#[tokio::test]
async fn group_states_are_exported() {
    let (old, new) = (emulator().await, emulator().await);
    let (mut ann, _) = reliable(&old).await;
    ann.ask(
        json!({ "type": "setGroupState", "group": "g", "ackId": 1, "state": { "mood": "good" } }),
    )
    .await
    .unwrap();

    import(&new, &export(&old).await).await;

    assert_eq!(
        export(&new).await["connections"][0]["groupStates"],
        json!({ "g": { "mood": "good" } })
    );
}

#[tokio::test]
async fn settings_and_the_clock_are_exported() {
    let hub = HubConfig::default().allowing_anonymous();
    let old = TestEmulator::with(Config::default().with_control().with_hub("chat", hub)).await;
    let new = emulator().await;
    old.clock.advance(Duration::from_secs(7200));

    let state = export(&old).await;
    import(&new, &state).await;

    assert_eq!(state["clockAheadMs"], 7_200_000);
    assert_eq!(export(&new).await, state);
    Client::connect(
        new.addr,
        "/client/hubs/chat".to_owned(),
        Some(JSON.to_owned()),
    )
    .await;
}

#[tokio::test]
async fn an_import_into_an_emulator_in_use_is_refused() {
    let emulator = emulator().await;
    let state = export(&emulator).await;
    let _ann = emulator.member("ann", &[]).await;

    assert_eq!(import(&emulator, &state).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_invalid_import_changes_nothing() {
    let (old, new) = (emulator().await, emulator().await);
    let (_ann, connected) = reliable(&old).await;
    old.send_text(":send", "hello").await;
    let good = export(&old).await;
    let with = |pointer: &str, value: Value| {
        let mut state = good.clone();
        *state.pointer_mut(pointer).unwrap() = value;
        state
    };
    let twice = json!([good["connections"][0], good["connections"][0]]);
    let wrong = [
        json!({}),
        with("/version", json!(2)),
        with("/hubs", json!({ "chat": { "Colour": "blue" } })),
        with("/connections", twice),
        with("/connections/0/hub", json!("no hub")),
        with("/connections/0/subprotocol", json!(JSON)),
        with("/connections/0/groups", json!([" "])),
        with("/connections/0/lastSequenceId", json!(0)),
        with("/connections/0/unacknowledged/0/dataType", json!("json")),
    ];

    for state in wrong {
        let (status, answer) = import(&new, &state).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }

    assert_eq!(export(&new).await["connections"], json!([]));
    assert_eq!(import(&new, &good).await.0, StatusCode::OK);
    assert_eq!(
        recover(&new, &connected).await.next().await["data"],
        "hello"
    );
}
