//! Simulated latency.

use std::time::{Duration, Instant};

use emulator::{Config, Timing};
use serde_json::json;

use crate::support::{JSON, TestEmulator};

const LATENCY: Duration = Duration::from_millis(100);

async fn emulator() -> TestEmulator {
    let timing = Timing {
        latency: LATENCY,
        ..Timing::default()
    };
    TestEmulator::with(Config::default().with_timing(timing)).await
}

#[tokio::test]
async fn the_handshake_is_delayed() {
    let emulator = emulator().await;
    let started = Instant::now();

    let _ann = emulator.connect(Some(JSON), json!({})).await;

    assert!(started.elapsed() >= LATENCY);
}

#[tokio::test]
async fn rest_responses_are_delayed() {
    let emulator = emulator().await;
    let started = Instant::now();

    assert_eq!(emulator.status("HEAD", "users/ann").await, 404);

    assert!(started.elapsed() >= LATENCY);
}

#[tokio::test]
async fn a_refused_handshake_is_delayed() {
    let emulator = emulator().await;
    let started = Instant::now();

    assert_eq!(emulator.refusal_at("/client/hubs/chat").await, Some(401));

    assert!(started.elapsed() >= LATENCY);
}
