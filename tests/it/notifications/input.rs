//! Who may call, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NOTIFICATIONS, get, ids, inbox, mark_read, notified, notify, unread};
use crate::support::{Answer, NOW, TestApp, World};

async fn send(world: &World, token: Option<&str>, body: String) -> Answer {
    let call = world.app.call(Method::POST, NOTIFICATIONS).body(body);
    Answer::of(match token {
        Some(token) => call.bearer_auth(token),
        None => call,
    })
    .await
}

#[tokio::test]
async fn only_publishers_send() {
    let world = World::start().await;
    let body = json!({ "user_id": "alice", "notification": {} }).to_string();
    let alice = world.app.token("alice", json!({}));
    let publisher = world.app.token("cron", json!({ "roles": ["publisher"] }));

    send(&world, None, body.clone())
        .await
        .assert_problem(401, "unauthenticated");
    send(&world, Some("x.y.z"), body.clone())
        .await
        .assert_problem(401, "token_invalid");
    send(&world, Some(&alice), body.clone())
        .await
        .assert_problem(403, "forbidden");
    assert!(ids(&world, "alice", "").await.is_empty());
    assert_eq!(send(&world, Some(&publisher), body).await.status, 202);
    assert_eq!(ids(&world, "alice", "").await.len(), 1);
}

#[tokio::test]
async fn an_inbox_is_open_to_its_user_only() {
    let world = World::start().await;
    notified(&world, "alice", &json!({ "id": "1" })).await;
    notified(&world, "anon:alice", &json!({ "id": "2" })).await;
    let expired = world.app.token("alice", json!({ "exp": NOW - 10 }));
    let alice = world.app.token("alice", json!({}));
    let paths = [
        (Method::GET, NOTIFICATIONS.to_owned()),
        (Method::GET, format!("{NOTIFICATIONS}/unread-count")),
        (Method::POST, format!("{NOTIFICATIONS}/read")),
    ];

    for (method, path) in paths {
        let call = |path: &str| {
            let call = world.app.call(method.clone(), path);
            call.body(r#"{"all":true}"#)
        };
        for query in ["", "?username=alice"] {
            let answer = Answer::of(call(&format!("{path}{query}"))).await;
            answer
                .assert_problem(401, "unauthenticated")
                .assert_closes_with(4001);
        }
        Answer::of(call(&path).bearer_auth(&expired))
            .await
            .assert_problem(401, "token_expired")
            .assert_closes_with(4001);
        Answer::of(call(&format!("{path}?token=x.y.z")))
            .await
            .assert_problem(401, "token_invalid")
            .assert_closes_with(4001);
        Answer::of(call(&path).bearer_auth(TestApp::API_TOKEN))
            .await
            .assert_problem(400, "invalid_parameter");
        let own = Answer::of(call(&format!("{path}?token={alice}&username=bob"))).await;
        assert_eq!(own.status, 200, "{method} {path}");
    }
    // A user's token wins over any name, and a back end may name the user.
    let alices = ids(&world, "alice", "username=bob").await;
    assert_eq!(alices, ["1"]);
    let call = format!("{NOTIFICATIONS}?username=alice");
    let by_back_end = world.app.back_end(Method::GET, &call, &Value::Null).await;
    assert_eq!(by_back_end.ok()["notifications"][0]["id"], "1");
}

#[tokio::test]
async fn a_user_of_app_service_authentication_has_an_inbox() {
    let world = World::with(&[("TRUST_EASY_AUTH", "true")]).await;
    notified(&world, "alice@example.com", &json!({ "id": "1" })).await;

    let call = world.app.call(Method::GET, NOTIFICATIONS);
    let answer = Answer::of(call.header("x-ms-client-principal-id", "alice@example.com")).await;

    assert_eq!(answer.ok()["notifications"][0]["id"], "1");
}

#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let bad = [
        json!(null),
        json!([]),
        json!({}),
        json!({ "user_id": "alice" }),
        json!({ "notification": {} }),
        json!({ "user_id": 7, "notification": {} }),
        json!({ "user_id": "", "notification": {} }),
        json!({ "user_id": "50%", "notification": {} }),
        json!({ "user_id": "a\nb", "notification": {} }),
        json!({ "user_id": "publisher", "notification": {} }),
        json!({ "user_id": "x".repeat(257), "notification": {} }),
        json!({ "user_id": "alice", "notification": null }),
        json!({ "user_id": "alice", "notification": [] }),
        json!({ "user_id": "alice", "notification": "text" }),
        json!({ "user_id": "alice", "notification": { "id": 7 } }),
        json!({ "user_id": "alice", "notification": { "id": null } }),
        json!({ "user_id": "alice", "notification": { "id": "" } }),
        json!({ "user_id": "alice", "notification": { "id": "x".repeat(201) } }),
        json!({ "user_id": "alice", "notification": { "timestamp": 7 } }),
        json!({ "user_id": "alice", "notification": { "timestamp": {} } }),
    ];
    let mut bad: Vec<_> = bad.iter().map(Value::to_string).collect();
    bad.extend(
        [
            "",
            "no JSON",
            r#"{"user_id":"alice","notification":{"a":"\ud800"}}"#,
        ]
        .map(str::to_owned),
    );
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    bad.push(format!(
        r#"{{"user_id":"alice","notification":{{"a":{deep}}}}}"#
    ));

    for body in bad {
        send(&world, Some(TestApp::API_TOKEN), body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    let bad_key = world.app.call(Method::POST, NOTIFICATIONS);
    let bad_key = bad_key.bearer_auth(TestApp::API_TOKEN);
    let bad_key = bad_key.header("idempotency-key", "a b");
    Answer::of(bad_key.body(r#"{"user_id":"alice","notification":{}}"#))
        .await
        .assert_problem(400, "invalid_parameter");
    assert!(ids(&world, "alice", "").await.is_empty());
    assert_eq!(world.gate.calls(), 0);
}

#[tokio::test]
async fn a_notification_has_at_most_64_kib() {
    let world = World::start().await;
    let of = |bytes: usize| json!({ "a": "x".repeat(bytes - r#"{"a":""}"#.len()) });

    let largest = notify(&world, "alice", &of(64 * 1024)).await;
    let larger = notify(&world, "alice", &of(64 * 1024 + 1)).await;
    let far_too_large = notify(&world, "alice", &of(300 * 1024)).await;

    assert_eq!(largest.status, 202);
    larger.assert_problem(413, "too_large");
    far_too_large.assert_problem(413, "too_large");
    assert_eq!(unread(&world, "alice").await, 1);
}

#[tokio::test]
async fn bad_queries_and_marks_are_refused() {
    let world = World::start().await;
    notified(&world, "alice", &json!({ "id": "1" })).await;
    notified(&world, "bob", &json!({ "id": "bobs" })).await;

    for query in [
        "limit=-1",
        "limit=x",
        "unread=maybe",
        "unread=",
        "before=",
        "before=unknown",
        "before=bobs",
    ] {
        get(&world, "alice", &format!("?{query}"))
            .await
            .assert_problem(400, "invalid_parameter");
    }
    for marks in [
        json!(null),
        json!({}),
        json!([]),
        json!({ "ids": [] }),
        json!({ "ids": "1" }),
        json!({ "ids": [1] }),
        json!({ "ids": vec!["x"; 101] }),
        json!({ "all": false }),
        json!({ "all": "true" }),
        json!({ "all": 1 }),
        json!({ "ids": ["1"], "all": true }),
    ] {
        mark_read(&world, "alice", &marks)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    assert_eq!(unread(&world, "alice").await, 1);
    let limited = inbox(&world, "alice", "limit=0").await;
    assert_eq!(limited["notifications"].as_array().unwrap().len(), 1);
    let wrong = Answer::of(world.app.call(Method::DELETE, NOTIFICATIONS)).await;
    wrong.assert_problem(405, "method_not_allowed");
    for path in ["/Unread-Count/", "/UNREAD-COUNT"] {
        assert_eq!(get(&world, "alice", path).await.ok()["unread"], 1);
    }
    get(&world, "alice", "/unknown")
        .await
        .assert_problem(404, "not_found");
}
