//! 6: the limits that other modules do not test: tokens are in 1.2, REST calls in 2, roles in 3,
//! frames in 4.2, reliable clients in 4.4, handlers in 5.

use std::time::Duration;

use emulator::{Config, Timing};
use serde_json::json;

use crate::support::{JSON, RELIABLE, TestEmulator, facts, recover, short_pauses};

/// Checks a group name in a frame, in a path and in a token.
async fn group(name: &str, good: bool) {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let joined = ann
        .ask(json!({ "type": "joinGroup", "group": name, "ackId": 1 }))
        .await;
    let path = format!(
        "groups/{}/:send",
        name.replace(' ', "%20").replace('é', "%C3%A9")
    );
    let sent = emulator.rest("POST", &path, "text/plain", "x").await;
    let claims = json!({ "webpubsub.group": name });
    let refused = emulator.refusal(claims).await;

    assert_eq!(joined.is_ok(), good, "{name}");
    assert_eq!(sent.status, if good { 202 } else { 400 }, "{name}");
    assert_eq!(refused, if good { None } else { Some(400) }, "{name}");
}

facts! { group;
    a_group_of_one_character: "g", true;
    a_group_of_1024_characters: &"g".repeat(1024), true;
    a_group_of_1025_characters: &"g".repeat(1025), false;
    a_group_is_measured_in_characters: &"é".repeat(1024), true;
    white_space_alone: "   ", false;
    white_space_may_be_in_a_group: " g g ", true;
}

#[tokio::test]
async fn a_user_id_may_be_long() {
    let emulator = TestEmulator::start().await;
    let name = "u".repeat(4000);
    let mut client = emulator.connect(Some(JSON), json!({ "sub": name })).await;

    assert_eq!(client.next().await["userId"], name);
    assert_eq!(emulator.status("HEAD", &format!("users/{name}")).await, 200);
}

#[tokio::test]
async fn a_reconnection_token_is_valid_for_a_week() {
    let timing = Timing {
        recovery_window: Duration::from_secs(30 * 24 * 3600),
        ..short_pauses()
    };
    let emulator = TestEmulator::with(Config::default().with_timing(timing)).await;
    let mut ann = emulator.connect(Some(RELIABLE), json!({})).await;
    let connected = ann.next().await;
    let day = Duration::from_secs(24 * 3600);

    emulator.clock.advance(day * 6);
    let mut back = recover(&emulator, &connected).await;
    assert!(back.until_pong().await.is_empty());

    emulator.clock.advance(day * 2);
    assert_eq!(recover(&emulator, &connected).await.closed().await.0, 1008);
}
