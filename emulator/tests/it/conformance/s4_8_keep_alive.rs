//! 4.8: keep-alive.

use std::time::Duration;

use emulator::{Config, HubConfig};
use serde_json::json;

use crate::support::{Handler, JSON, TestEmulator, facts};

/// Checks whether a setting in seconds is valid.
async fn interval(seconds: &str, usable: bool) {
    let settings = format!(
        r#"{{"WebPubSub":{{"Hubs":{{"chat":{{"WebSocketKeepAliveIntervalInSeconds":{seconds}}}}}}}}}"#
    );

    assert_eq!(Config::from_json(&settings).is_ok(), usable, "{seconds}");
}

facts! { interval;
    one_second_is_the_shortest: "1", true;
    two_minutes_are_the_longest: "120", true;
    zero_seconds_are_refused: "0", false;
    more_than_two_minutes_are_refused: "121", false;
    text_may_contain_a_number: "\"20\"", true;
    an_interval_is_a_number: "\"often\"", false;
}

#[tokio::test]
async fn an_idle_client_is_pinged() {
    let hub = HubConfig::default().with_keep_alive(Duration::from_millis(20));
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.next_ping().await;
}

#[tokio::test]
async fn a_half_open_socket_is_noticed() {
    let handler = Handler::silent().await;
    let hub = HubConfig::default()
        .with_keep_alive(Duration::from_millis(20))
        .with_handler(emulator::EventHandler::all(&handler.template()).unwrap());
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;

    // It never answers a ping.
    let _stream = emulator.raw_socket().await;

    assert_eq!(
        handler.next_named("disconnected").await.json(),
        json!({ "reason": "The connection ended." })
    );
}

#[tokio::test]
async fn a_ping_frame_is_answered_by_a_pong_frame() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.connect(Some(JSON), json!({})).await;
    ann.connected().await;

    ann.send(json!({ "type": "ping" })).await;

    assert_eq!(ann.next().await, json!({ "type": "pong" }));
}
