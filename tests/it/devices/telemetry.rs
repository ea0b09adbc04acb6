//! The trigger, called as the Functions host calls it.

use serde_json::{Value, json};

use super::{call, event, events, feed, get, history, numbers, watch, world};
use crate::support::{TelemetryEvent, telemetry_call};

/// Telemetry frames that a socket has received so far.
fn telemetry(frames: Vec<Value>) -> Vec<Value> {
    let is_telemetry = |frame: &Value| frame["type"] == "telemetry";
    frames.into_iter().filter(is_telemetry).collect()
}

#[tokio::test]
async fn a_message_is_stored_and_sent_to_those_who_watch_its_device() {
    let world = world().await;
    let mut alice = watch(&world, "d1").await;
    let json = TelemetryEvent::new("d1", 1, r#"{"t":21.50,"n":9007199254740993}"#)
        .properties(json!({ "unit": "C" }));
    let other = TelemetryEvent::new("d2", 2, json!({ "t": 1 }));
    let text = TelemetryEvent::new("d1", 3, "on");

    feed(&world.app, &[json, other, text]).await;

    let frame = alice.receive_type("telemetry").await;
    assert_eq!(
        frame,
        json!({
            "type": "telemetry",
            "deviceId": "d1",
            "enqueuedAt": "2027-01-15T08:00:01.000000Z",
            "sequence": 1,
            "properties": { "unit": "C" },
            "body": { "t": 21.5, "n": 9_007_199_254_740_993_i64 },
        })
    );
    let frame = alice.receive_type("telemetry").await;
    assert_eq!(frame["sequence"], 3);
    assert_eq!(frame["body"], json!({ "base64": "b24=" }));
    let stored = get(&world.app, "/api/devices/telemetry?device_id=d1").await;
    // Every number is exact.
    assert!(stored.body.contains("21.50") && stored.body.contains("9007199254740993"));
    assert_eq!(
        numbers(stored.ok()["telemetry"].as_array().unwrap()),
        [3, 1]
    );
    assert_eq!(history(&world.app, "d2").await, [2]);
}

#[tokio::test]
async fn a_batch_that_comes_again_is_stored_once_and_sent_again() {
    let world = world().await;
    let batch = events("d1", 1..=5);
    feed(&world.app, &batch[..3]).await;
    let mut alice = watch(&world, "d1").await;
    world.app.advance(1);

    feed(&world.app, &batch).await;

    assert_eq!(history(&world.app, "d1").await, [5, 4, 3, 2, 1]);
    let frames = telemetry(alice.drain().await);
    assert_eq!(numbers(&frames), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_stream_that_begins_again_is_stored() {
    let world = world().await;
    feed(&world.app, &events("d1", 7..=9)).await;
    let later = crate::support::NOW + 100;

    feed(&world.app, &[event("d1", 0).enqueued(later)]).await;

    assert_eq!(history(&world.app, "d1").await, [0, 9, 8, 7]);
}

#[tokio::test]
async fn only_the_newest_ten_of_a_second_are_sent() {
    let world = world().await;
    let mut alice = watch(&world, "d1").await;

    feed(&world.app, &events("d1", 1..=25)).await;
    feed(&world.app, &events("d1", 26..=30)).await;
    world.app.advance(1);
    feed(&world.app, &events("d1", 31..=32)).await;

    let frames = telemetry(alice.drain().await);
    let expected: Vec<i64> = (16..=25).chain(31..=32).collect();
    assert_eq!(numbers(&frames), expected);
    assert_eq!(history(&world.app, "d1").await.len(), 32);
}

#[tokio::test]
async fn one_bad_message_never_costs_its_batch() {
    let world = world().await;
    let good = |n| event("d1", n);
    let bad = [
        good(2).system(json!({ "device": "d1" })),
        good(3).system(json!({ "iothub-connection-device-id": "../d1" })),
        good(4).system(json!({ "iothub-connection-device-id": 7 })),
        good(5).system(json!({ "iothub-connection-device-id": "x".repeat(129) })),
        good(6).system(Value::Null),
        good(7).sequence(json!("many")),
        good(8).sequence(Value::Null),
        // The payload names a device; only the hub may.
        TelemetryEvent::new(
            "d1",
            9,
            json!({ "iothub-connection-device-id": "d2", "deviceId": "d2" }),
        ),
        // Larger than a record may be, as base64.
        TelemetryEvent::new("d1", 10, "\u{fffd}".repeat(200_000)),
        TelemetryEvent::new("d1", 11, "[".repeat(100_000)),
        TelemetryEvent::new("d1", 12, ""),
        good(13).properties(json!("x")),
    ];
    let batch = [&[good(1)], &bad[..], &[good(14)]].concat();

    feed(&world.app, &batch).await;

    assert_eq!(history(&world.app, "d1").await, [14, 13, 12, 11, 9, 1]);
    get(&world.app, "/api/devices?device_id=d2")
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn calls_that_are_not_batches_fail() {
    let world = world().await;
    let single = json!({
        "Data": { "messages": json!({ "t": 1 }).to_string() },
        "Metadata": { "SystemProperties": { "iothub-connection-device-id": "d1" } },
    });
    let bodies = [
        "",
        "{}",
        "[]",
        "null",
        r#"{"Data":{"messages":null}}"#,
        "\u{0}",
    ];

    for body in bodies
        .map(str::to_owned)
        .into_iter()
        .chain([single.to_string()])
    {
        let answer = call(&world.app, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (500, "{}"),
            "{body}"
        );
    }
    assert_eq!(
        get(&world.app, "/api/devices").await.ok(),
        json!({ "devices": [] })
    );
}

#[tokio::test]
async fn an_empty_batch_succeeds() {
    let world = world().await;

    feed(&world.app, &[]).await;
}

#[tokio::test]
async fn frames_that_cannot_be_sent_fail_a_batch_three_times() {
    let world = world().await;
    world.gate.shut();
    let batch = events("d1", 1..=2);
    let status = async |retries| {
        let body = telemetry_call(&batch, retries).to_string();
        call(&world.app, body).await.status.as_u16()
    };

    assert_eq!(status(0).await, 500);
    assert_eq!(status(3).await, 200);
    assert_eq!(history(&world.app, "d1").await, [2, 1]);
}

#[tokio::test]
async fn a_history_holds_as_many_messages_as_the_setting_says() {
    let listen = switchboard::config::Listen::Functions(0);
    let settings = [("TELEMETRY_KEEP", "5")];
    let world = crate::support::World::started_by(listen, &settings).await;

    feed(&world.app, &events("d1", 1..=3)).await;
    feed(&world.app, &events("d1", 4..=7)).await;
    assert_eq!(history(&world.app, "d1").await, [7, 6, 5, 4, 3]);
    feed(&world.app, &events("d1", 8..=30)).await;

    assert_eq!(history(&world.app, "d1").await, [30, 29, 28, 27, 26]);
}

#[tokio::test]
async fn a_user_who_loses_the_right_receives_no_more_telemetry() {
    let world = world().await;
    let mut alice = watch(&world, "d1").await;
    feed(&world.app, &[event("d1", 1)]).await;
    assert_eq!(alice.receive_type("telemetry").await["sequence"], 1);

    let without = world.app.token("alice", json!({}));
    let signed_in = alice
        .request(json!({ "type": "authenticate", "token": without }))
        .await;
    world.app.advance(1);
    feed(&world.app, &[event("d1", 2)]).await;

    assert_eq!(signed_in["type"], "authenticated");
    assert!(telemetry(alice.drain().await).is_empty());
}

#[tokio::test]
async fn devices_that_are_turned_off_take_nothing() {
    let listen = switchboard::config::Listen::Functions(0);
    let settings = [("IOT_HUB_ENABLE", "false")];
    let world = crate::support::World::started_by(listen, &settings).await;

    feed(&world.app, &[event("d1", 1)]).await;

    for path in ["/api/devices", "/api/devices/telemetry?device_id=d1"] {
        get(&world.app, path)
            .await
            .assert_problem(503, "unavailable");
    }
    let health = world.app.get("/api/health").await.ok();
    assert_eq!(health["services"]["iotHub"]["status"], "disabled");
}
