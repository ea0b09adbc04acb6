//! The checks that every event must pass before it is read.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Client, TestApp, signature};

async fn validate(app: &TestApp, path: &str, origins: &[&str]) -> Answer {
    let mut call = app.call(Method::OPTIONS, path);
    for origin in origins {
        call = call.header("webhook-request-origin", *origin);
    }
    Answer::of(call).await
}

#[tokio::test]
async fn our_service_may_deliver_to_either_path() {
    let app = TestApp::with_service("https://x.webpubsub.azure.com", &[]).await;

    for path in [
        "/api/connect_event",
        "/api/message_event",
        "/API/Message_Event/",
    ] {
        for origin in ["x.webpubsub.azure.com", "X.WebPubSub.azure.com:443"] {
            let answer = validate(&app, path, &[origin]).await;

            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("webhook-allowed-origin"), Some(origin));
            assert_eq!(answer.body, "");
        }
    }
}

#[tokio::test]
async fn only_our_origin_is_echoed_from_a_list() {
    let app = TestApp::with_service("https://x.webpubsub.azure.com", &[]).await;
    let lists: [&[&str]; 2] = [
        &["evil.example.com, x.webpubsub.azure.com , other.example.com"],
        &["evil.example.com", "x.webpubsub.azure.com"],
    ];

    for origins in lists {
        let answer = validate(&app, "/api/connect_event", origins).await;

        assert_eq!(
            answer.header("webhook-allowed-origin"),
            Some("x.webpubsub.azure.com")
        );
    }
}

#[tokio::test]
async fn other_services_are_refused_and_no_wildcard_is_granted() {
    let app = TestApp::with_service("https://x.webpubsub.azure.com", &[]).await;

    for origin in [
        "evil.webpubsub.azure.com",
        "*",
        "x.webpubsub.azure.com.evil.com",
        "x.webpubsub.azure.com:444",
        "",
    ] {
        let answer = validate(&app, "/api/connect_event", &[origin]).await;

        assert_eq!(answer.header("webhook-allowed-origin"), None, "{origin}");
        assert_eq!(answer.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn an_event_without_our_services_signature_is_refused() {
    let app = TestApp::spawn().await;
    let connect = || app.event("connect", "c1");
    let invalid = [
        connect().without("ce-signature"),
        connect().header("ce-signature", ""),
        connect().header("ce-signature", "sha256="),
        connect().header("ce-signature", signature("another-key", "c1")),
        connect().header("ce-signature", signature(crate::support::KEY, "c2")),
        connect().header(
            "ce-signature",
            signature(crate::support::KEY, "c1").replace("sha256=", "sha1="),
        ),
    ];

    for event in invalid {
        event.send().await.assert_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn another_hubs_event_is_refused() {
    let app = TestApp::spawn().await;
    let event = app.event("connect", "c1").header("ce-hub", "OtherHub");

    event.send().await.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn hub_names_are_case_insensitive() {
    let app = TestApp::spawn().await;
    let connect = app.event("connect", "c1").header("ce-hub", "viewerhub");

    let answer = connect
        .json(&json!({ "query": { "room_id": ["test"] } }))
        .send()
        .await;

    answer.ok();
}

#[tokio::test]
async fn malformed_events_are_refused() {
    let app = TestApp::spawn().await;
    let event = || app.event("message", "c1");
    let invalid = [
        event().without("ce-type"),
        event().without("ce-hub"),
        event().without("ce-connectionId"),
        event().header("ce-type", "com.example.order"),
        event().header("ce-hub", "no hub"),
    ];

    for event in invalid {
        event.send().await.assert_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn either_path_accepts_every_event() {
    let app = TestApp::spawn().await;
    let client = Client::negotiate(&app, "room_id=test").await;
    let call = app
        .call(Method::POST, "/api/connect_event")
        .body(r#"{"type":"ping","timestamp":1}"#);
    let call = call
        .header("ce-specversion", "1.0")
        .header("ce-type", "azure.webpubsub.user.message")
        .header("ce-source", "/hubs/ViewerHub/client/x")
        .header("ce-id", "1")
        .header("ce-eventname", "message")
        .header("ce-hub", "ViewerHub")
        .header("ce-connectionid", &client.connection)
        .header("ce-userid", &client.user)
        .header("ce-connectionstate", &client.state)
        .header(
            "ce-signature",
            signature(crate::support::KEY, &client.connection),
        )
        .header("content-type", "text/plain");

    assert_eq!(
        Answer::of(call).await.ok(),
        json!({ "type": "pong", "timestamp": 1 })
    );
}

#[tokio::test]
async fn a_missing_altered_or_foreign_state_is_refused() {
    let app = TestApp::spawn().await;
    let client = Client::negotiate(&app, "room_id=test&username=alice").await;
    let other = Client::negotiate(&app, "room_id=test&username=mallory").await;
    let same_user =
        Client::direct_connect(&app, json!({ "room_id": ["test"], "username": ["alice"] })).await;
    assert_eq!(same_user.user, client.user);
    let mut changed = client.state.clone();
    changed.replace_range(0..1, "f");
    let invalid = [
        client.event("message").without("ce-connectionState"),
        client.event("message").header("ce-connectionState", ""),
        client
            .event("message")
            .header("ce-connectionState", changed),
        client
            .event("message")
            .header("ce-connectionState", &other.state),
        client
            .event("message")
            .header("ce-connectionState", &same_user.state),
        client.event("message").user("somebody"),
        client.event("message").without("ce-userId"),
    ];

    for event in invalid {
        event
            .text(r#"{"type":"ping"}"#)
            .send()
            .await
            .assert_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn presence_events_are_accepted_and_ignored() {
    let app = TestApp::spawn().await;
    let event = app
        .event("message", "c1")
        .header("ce-type", "azure.webpubsub.gp.joined");
    let event = event
        .header("ce-eventName", "joined")
        .json(&json!({ "group": "g" }));

    let answer = event.send().await;

    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
}
