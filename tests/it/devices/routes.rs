//! `GET devices`, `GET devices/telemetry`, and who may call them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{TelemetryEvent, event, events, feed, get, numbers, world};
use crate::support::Answer;

#[tokio::test]
async fn readers_need_a_right_and_commands_a_back_end() {
    let world = world().await;
    feed(&world.app, &[event("d1", 1)]).await;
    let call = async |method: Method, path: &str, token: Option<&str>| {
        let mut call = world.app.call(method, path);
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        Answer::of(call.body(r#"{"device_id":"d1","method":"m"}"#)).await
    };
    let with = |role: &str| world.app.token("alice", json!({ "roles": [role] }));
    let reads = [
        "/api/devices",
        "/api/devices?device_id=d1",
        "/api/devices/telemetry?device_id=d1",
    ];

    for path in reads {
        for role in ["devices", "publisher", "admin"] {
            let answer = call(Method::GET, path, Some(&with(role))).await;
            assert_eq!(answer.status, 200, "{path} as {role}");
        }
        let other = call(Method::GET, path, Some(&with("writer"))).await;
        other.assert_problem(403, "forbidden");
        let nobody = call(Method::GET, path, None).await;
        nobody.assert_problem(401, "unauthenticated");
    }
    let path = "/api/devices/commands";
    let reader = call(Method::POST, path, Some(&with("devices"))).await;
    reader.assert_problem(403, "forbidden");
    let nobody = call(Method::POST, path, None).await;
    nobody.assert_problem(401, "unauthenticated");
    let back_end = call(Method::POST, path, Some(&with("publisher"))).await;
    // No hub is configured.
    back_end.assert_problem(503, "unavailable");
}

#[tokio::test]
async fn the_list_of_devices_comes_in_pages() {
    let world = world().await;
    let names = ["a", "a-1", "a:b", "b", "sim-10", "sim-2"];
    let batch = names.map(|name| event(name, 1));
    feed(&world.app, &batch).await;
    feed(&world.app, &[event("b", 9)]).await;

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/devices?limit=2&cursor={cursor}");
        let page = get(&world.app, &path).await.ok();
        let devices = page["devices"].as_array().unwrap();
        assert_eq!(devices.len(), 2);
        seen.extend(devices.iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }

    let ids: Vec<_> = seen
        .iter()
        .map(|d| d["deviceId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, names);
    assert_eq!(
        seen[3],
        json!({
            "deviceId": "b",
            "lastSeenAt": "2027-01-15T08:00:09.000000Z",
            "connectionState": null,
        })
    );
}

#[tokio::test]
async fn one_device_comes_with_its_newest_telemetry() {
    let world = world().await;
    feed(&world.app, &events("d1", 1..=3)).await;

    let device = get(&world.app, "/api/devices?device_id=d1").await.ok();

    assert_eq!(device["deviceId"], "d1");
    assert_eq!(device["lastSeenAt"], "2027-01-15T08:00:03.000000Z");
    assert_eq!(device["connectionState"], Value::Null);
    assert_eq!(
        device["last"],
        json!({
            "enqueuedAt": "2027-01-15T08:00:03.000000Z",
            "sequence": 3,
            "properties": {},
            "body": { "n": 3 },
        })
    );
}

#[tokio::test]
async fn telemetry_comes_in_pages_newest_first_and_from_a_time_on() {
    let world = world().await;
    feed(&world.app, &events("d1", 1..=250)).await;
    let page = async |query: &str| {
        let path = format!("/api/devices/telemetry?device_id=d1{query}");
        let page = get(&world.app, &path).await.ok();
        let shown = numbers(page["telemetry"].as_array().unwrap());
        let next = page["nextCursor"].as_str().map(str::to_owned);
        (shown, next)
    };
    let down = |from: i64, to: i64| (to..=from).rev().collect::<Vec<_>>();

    assert_eq!(page("").await.0, down(250, 201));
    let (shown, next) = page("&limit=999").await;
    assert_eq!(shown, down(250, 51));
    let (shown, next) = page(&format!("&limit=200&cursor={}", next.unwrap())).await;
    assert_eq!((shown, next), (down(50, 1), None));
    // 08:04:00 is when number 240 came.
    let since = page("&since=2027-01-15T08:04:00Z").await;
    assert_eq!(since, (down(250, 241), None));
    let since = page("&since=2027-01-15T09:04:00%2B01:00&limit=3").await;
    assert_eq!(since.0, down(250, 248));
}

#[tokio::test]
async fn a_page_of_long_messages_ends_early() {
    let world = world().await;
    let long = |n| TelemetryEvent::new("d1", n, json!("x".repeat(200_000)));
    feed(&world.app, &(1..=6).map(long).collect::<Vec<_>>()).await;

    let path = "/api/devices/telemetry?device_id=d1";
    let page = get(&world.app, path).await.ok();
    let next = page["nextCursor"].as_str().unwrap();
    let rest = get(&world.app, &format!("{path}&cursor={next}")).await.ok();

    assert_eq!(numbers(page["telemetry"].as_array().unwrap()), [6, 5]);
    assert_eq!(numbers(rest["telemetry"].as_array().unwrap()), [4, 3]);
}

#[tokio::test]
async fn hostile_input_gets_a_clear_answer() {
    let world = world().await;
    feed(&world.app, &[event("d1", 1)]).await;
    let long = format!("/api/devices?device_id={}", "x".repeat(129));
    for path in [
        "/api/devices?device_id=a/b",
        "/api/devices?device_id=%00",
        "/api/devices?device_id=..%5C..",
        "/api/devices?limit=-1",
        "/api/devices?cursor=%2E%2E",
        "/api/devices/telemetry",
        "/api/devices/telemetry?device_id=",
        "/api/devices/telemetry?device_id=d1&since=yesterday",
        "/api/devices/telemetry?device_id=d1&since=2027-01-15",
        "/api/devices/telemetry?device_id=d1&cursor=x",
        "/api/devices/telemetry?device_id=d1&cursor=-1",
        &long,
    ] {
        let answer = get(&world.app, path).await;
        answer.assert_problem(400, "invalid_parameter");
    }
    for path in [
        "/api/devices?device_id=unknown",
        "/api/devices/telemetry?device_id=unknown",
        "/api/devices/unknown",
    ] {
        get(&world.app, path).await.assert_problem(404, "not_found");
    }
    for cursor in ["0", "1", "18446744073709551615"] {
        let path = format!("/api/devices/telemetry?device_id=d1&cursor={cursor}");
        get(&world.app, &path).await.ok();
    }
    let bodies = [
        json!(null),
        json!([]),
        json!({ "device_id": "d1" }),
        json!({ "device_id": "a/b", "method": "m" }),
        json!({ "device_id": "d1", "method": "" }),
        json!({ "device_id": "d1", "method": "a b" }),
        json!({ "device_id": "d1", "method": "m", "timeoutSeconds": 4 }),
        json!({ "device_id": "d1", "method": "m", "timeoutSeconds": 201 }),
        json!({ "device_id": "d1", "method": "m", "timeoutSeconds": -5 }),
        json!({ "device_id": "d1", "method": "m", "timeoutSeconds": 5.5 }),
    ];
    for body in bodies {
        let path = "/api/devices/commands";
        let answer = world.app.back_end(Method::POST, path, &body).await;
        answer.assert_problem(400, "invalid_parameter");
    }
    let large = json!({ "device_id": "d1", "method": "m", "payload": "x".repeat(130 * 1024) });
    let answer = world
        .app
        .back_end(Method::POST, "/api/devices/commands", &large);
    answer.await.assert_problem(413, "too_large");
}
