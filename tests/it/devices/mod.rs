//! Devices: the trigger of the hub's event stream, the routes, the commands, and all of it with the
//! simulated hub of `dev`.

mod commands;
mod routes;
mod simulated;
mod telemetry;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::config::Listen;

use crate::support::{Answer, Socket, TelemetryEvent, TestApp, World, chunked, telemetry_call};

/// Under the Functions host, with a service.
async fn world() -> World {
    World::started_by(Listen::Functions(0), &[]).await
}

fn event(device: &str, sequence: i64) -> TelemetryEvent {
    TelemetryEvent::new(device, sequence, json!({ "n": sequence }))
}

fn events(device: &str, sequences: std::ops::RangeInclusive<i64>) -> Vec<TelemetryEvent> {
    sequences.map(|n| event(device, n)).collect()
}

/// Calls the trigger as the host does.
async fn call(app: &TestApp, body: String) -> Answer {
    Answer::of(chunked(app.call(Method::POST, "/telemetry"), body)).await
}

async fn feed(app: &TestApp, events: &[TelemetryEvent]) {
    let answer = call(app, telemetry_call(events, 0).to_string()).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

async fn get(app: &TestApp, path: &str) -> Answer {
    app.back_end(Method::GET, path, &Value::Null).await
}

/// The sequence numbers in a device's history, newest first.
async fn history(app: &TestApp, device: &str) -> Vec<i64> {
    let path = format!("/api/devices/telemetry?device_id={device}&limit=200");
    let page = get(app, &path).await.ok();
    numbers(page["telemetry"].as_array().unwrap())
}

fn numbers(frames: &[Value]) -> Vec<i64> {
    let number = |frame: &Value| frame["sequence"].as_i64().unwrap();
    frames.iter().map(number).collect()
}

/// A user with the right `devices`, who watches a device.
async fn watch(world: &World, device: &str) -> Socket {
    let token = world.app.token("alice", json!({ "roles": ["devices"] }));
    let query = format!("device_id={device}&channel=audio");
    let negotiated = world.app.negotiate_as(&token, &query).await.ok();
    let mut socket = Socket::dial(negotiated["url"].as_str().unwrap())
        .await
        .unwrap();
    socket.receive_type("connection").await;
    socket
}
