//! The messages that handlers put there themselves.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Kind, Place, Road};
use crate::queue::stored;

const WRITER: &str = "room_id=lobby&role=writer";

#[tokio::test]
async fn the_functions_host_has_orders_carried_out() {
    assert_orders_are_carried_out(Kind::FunctionsHost).await;
}

#[tokio::test]
async fn a_container_carries_out_orders() {
    assert_orders_are_carried_out(Kind::Container).await;
}

async fn assert_orders_are_carried_out(kind: Kind) {
    let mut road = Road::start(kind, Place::Sqlite).await;
    let mut alice = road.join_as("alice", json!({}), WRITER).await;

    // `resend`: nobody speaks again, and who stored the message is killed.
    road.hub.gate.shut();
    let sent = alice.request(json!({ "type": "message", "content": "late" }));
    assert_eq!(sent.await["type"], "message_sent");
    road.kill_handler().await;
    road.hub.gate.open();
    let heard = alice.receive_type("message").await;
    assert_eq!(
        (&heard["seq"], &heard["content"]),
        (&json!(1), &json!("late"))
    );

    // `settle`: the effects of a ban fail.
    let bob = road.join_as("bob", json!({}), WRITER).await;
    assert!(present(&road).await.contains(&json!("bob")));
    ban_without_effect(&road, "bob").await;
    road.hub.gate.open();
    road.as_time_passes(gone(&road, "bob")).await;
    drop(bob);

    // `clear`: the records of a deleted room.
    assert!(stored(road.store(), "lobby").await > 0);
    let path = "/api/rooms/lobby";
    let deleted = road.back_end(Method::DELETE, path, &Value::Null).await;
    assert_eq!(deleted.status, 200);
    let clearing = async { while stored(road.store(), "lobby").await > 0 {} };
    road.as_time_passes(clearing).await;
}

#[tokio::test]
async fn the_functions_host_repeats_an_order_that_met_a_passing_fault() {
    assert_passing_faults_are_survived(Kind::FunctionsHost).await;
}

#[tokio::test]
async fn a_container_repeats_an_order_that_met_a_passing_fault() {
    assert_passing_faults_are_survived(Kind::Container).await;
}

async fn assert_passing_faults_are_survived(kind: Kind) {
    let road = Road::start(kind, Place::Sqlite).await;
    let _bob = road.join_as("bob", json!({}), WRITER).await;

    ban_without_effect(&road, "bob").await;
    let twice = road.until(|record| {
        let failed = |line: &String| line.contains("failed, for the 2. time");
        record.lines.iter().any(failed)
    });
    road.as_time_passes(twice).await;
    road.hub.gate.open();
    road.as_time_passes(gone(&road, "bob")).await;

    assert!(road.nothing_is_poison().await);
}

/// Leaves the gate shut.
async fn ban_without_effect(road: &Road, user: &str) {
    road.hub.gate.shut();
    let user = json!({ "userId": user });
    let path = "/api/rooms/lobby/ban";
    let banned = road.back_end(Method::POST, path, &user).await;
    banned.assert_problem(503, "unavailable");
}

async fn gone(road: &Road, user: &str) {
    while present(road).await.contains(&json!(user)) {}
}

async fn present(road: &Road) -> Vec<Value> {
    let path = "/api/rooms/lobby/presence";
    let presence = road.back_end(Method::GET, path, &Value::Null).await.ok();
    let users = presence["users"].as_array().unwrap();
    users.iter().map(|user| user["userId"].clone()).collect()
}
