//! `POST /api/connect_event`

use serde_json::{Value, json};

use crate::support::{Client, NOW, TestApp, dial, ticket};

#[tokio::test]
async fn the_answer_names_user_roles_and_all_groups() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;

    let client = Client::negotiate(
        &app,
        "room_id=test&channel=chats&username=alice&role=writer",
    )
    .await;

    assert_eq!(
        client.accepted,
        json!({
            "userId": "alice",
            "roles": ["webpubsub.joinLeaveGroup.test", "webpubsub.sendToGroup.test"],
            "groups": [
                "test", "channel:chats",
                "hub:all", "user:K9gGyX8OAK8aH8Myj6djqS", "room:test", "voice:test",
            ],
        })
    );
    assert!(client.state.is_ascii() && client.state.len() < 16 * 1024);
}

#[tokio::test]
async fn an_empty_list_of_roles_is_sent_explicitly() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;

    let client = Client::negotiate(&app, "channel=audio").await;

    assert_eq!(client.accepted["roles"], json!([]));
}

#[tokio::test]
async fn a_supported_subprotocol_is_chosen_from_those_offered() {
    let app = TestApp::spawn().await;
    let offers = [
        (
            json!([
                "mine",
                "json.reliable.webpubsub.azure.v1",
                "json.webpubsub.azure.v1"
            ]),
            json!("json.reliable.webpubsub.azure.v1"),
        ),
        (json!(["mine"]), Value::Null),
    ];

    for (offered, chosen) in offers {
        let connect = app.event("connect", "c1");
        let body = json!({ "query": { "room_id": ["test"] }, "subprotocols": offered });

        assert_eq!(connect.json(&body).send().await.ok()["subprotocol"], chosen);
    }
}

#[tokio::test]
async fn the_largest_binding_fits_into_the_state() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;
    let rooms: Vec<_> = (0..20).map(|n| format!("{n:0>128}")).collect();

    let client = Client::negotiate(
        &app,
        &format!("room_id={}&username={}", rooms.join(","), "x".repeat(256)),
    )
    .await;

    assert!(client.state.len() < 16 * 1024, "{}", client.state.len());
}

#[tokio::test]
async fn a_ticket_must_be_intact_unexpired_and_for_this_user() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;
    let alice = ticket(&app.negotiate("room_id=test&username=alice").await.ok());
    let connect = |user: &'static str, query: Value| {
        app.event("connect", "c1")
            .user(user)
            .json(&json!({ "query": query }))
            .send()
    };

    connect("alice", json!({}))
        .await
        .assert_problem(401, "token_invalid");
    connect("alice", json!({ "sb": ["x.y"] }))
        .await
        .assert_problem(401, "token_invalid");
    connect("bob", json!({ "sb": [alice] }))
        .await
        .assert_problem(401, "token_invalid");
    dial(&app, "c1", json!({ "sb": [alice] }))
        .await
        .assert_problem(401, "token_invalid");
    connect("alice", json!({ "sb": [alice] })).await.ok();
    app.advance(3601);
    connect("alice", json!({ "sb": [alice] }))
        .await
        .assert_problem(401, "token_invalid");
}

#[tokio::test]
async fn a_connection_state_is_not_accepted_as_a_ticket() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;
    let client = Client::negotiate(&app, "room_id=test&username=alice").await;
    let connect = app.event("connect", "alice").user("alice");

    let answer = connect
        .json(&json!({ "query": { "sb": [client.state] } }))
        .send()
        .await;

    answer.assert_problem(401, "token_invalid");
}

#[tokio::test]
async fn a_direct_connection_follows_the_rules_of_negotiate() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "organizations": ["acme"] }));

    let client = Client::direct_connect(
        &app,
        json!({ "token": [token], "org_id": ["acme"], "access_token": ["x"] }),
    )
    .await;

    assert_eq!(client.user, "alice");
    assert_eq!(client.accepted["groups"][0], "org:acme");
    let refused = [
        (json!({ "org_id": ["acme"] }), 401, "unauthenticated"),
        (
            json!({ "org_id": ["acme"], "token": ["x.y.z"] }),
            401,
            "token_invalid",
        ),
        (
            json!({ "org_id": ["umbrella"], "token": [token] }),
            403,
            "not_a_member",
        ),
        (json!({ "token": [token] }), 400, "missing_target"),
        (json!({ "room_id": ["a b"] }), 400, "invalid_parameter"),
        (
            json!({ "room_id": ["test"], "password": ["x"] }),
            403,
            "password_required",
        ),
        (
            json!({ "room_id": ["test"], "invite": ["x"] }),
            403,
            "invite_required",
        ),
    ];
    for (query, status, code) in refused {
        dial(&app, "c1", query).await.assert_problem(status, code);
    }
}

#[tokio::test]
async fn a_direct_connection_may_send_its_token_in_a_header() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({}));
    let body = json!({
        "query": { "channel": ["notifications"] },
        "headers": { "Authorization": [format!("Bearer {token}")] },
    });

    let answer = app.event("connect", "c1").json(&body).send().await;

    assert_eq!(answer.ok()["userId"], "alice");
}

#[tokio::test]
async fn an_expired_token_is_refused_with_a_close_code() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "exp": NOW - 10 }));

    dial(
        &app,
        "c1",
        json!({ "token": [token], "session_id": ["550e8400-e29b-41d4-a716-446655440000"] }),
    )
    .await
    .assert_problem(401, "token_expired")
    .assert_closes_with(4003);
}

#[tokio::test]
async fn pages_from_other_origins_are_refused() {
    let settings = [
        ("ALLOW_ANONYMOUS", "true"),
        (
            "CLIENT_ORIGINS",
            "https://app.example.com, http://localhost:5173",
        ),
    ];
    let app = TestApp::with(&settings).await;
    let from = |headers: Value| {
        let body = json!({ "query": { "room_id": ["test"] }, "headers": headers });
        app.event("connect", "c1").json(&body).send()
    };

    from(json!({ "Origin": ["https://app.example.com"] }))
        .await
        .ok();
    from(json!({ "origin": ["http://localhost:5173"] }))
        .await
        .ok();
    from(json!({})).await.ok();
    for origin in [
        "https://evil.example.com",
        "null",
        "https://app.example.com.evil.com",
    ] {
        from(json!({ "Origin": [origin] }))
            .await
            .assert_problem(403, "origin_not_allowed");
    }
}

#[tokio::test]
async fn an_invalid_connect_body_is_refused() {
    let app = TestApp::spawn().await;

    for body in [
        "",
        "[]",
        "{",
        r#"{"query":[]}"#,
        r#"{"query":{"room_id":"test"}}"#,
    ] {
        let event = app.event("connect", "c1").text(body);

        event.send().await.assert_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn a_secret_can_be_rotated_without_dropping_anyone() {
    const OLD: &str = "the-old-secret-of-32-bytes-or-more";
    const NEW: &str = "the-new-secret-of-32-bytes-or-more";
    const BOTH: &str = "the-new-secret-of-32-bytes-or-more,the-old-secret-of-32-bytes-or-more";
    let before = TestApp::with(&[("ALLOW_ANONYMOUS", "true"), ("STATE_SECRET", OLD)]).await;
    let after = TestApp::with(&[("ALLOW_ANONYMOUS", "true"), ("STATE_SECRET", BOTH)]).await;
    let later = TestApp::with(&[("ALLOW_ANONYMOUS", "true"), ("STATE_SECRET", NEW)]).await;
    let client = Client::negotiate(&before, "room_id=test&username=alice").await;
    let at = |app: &TestApp| {
        let event = app.event("message", &client.connection).user("alice");
        event
            .header("ce-connectionState", &client.state)
            .text(r#"{"type":"ping"}"#)
            .send()
    };

    at(&after).await.ok();
    at(&later).await.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn a_disconnected_event_needs_no_state() {
    let app = TestApp::spawn().await;

    let answer = app
        .event("disconnected", "c1")
        .json(&json!({ "reason": "" }))
        .send()
        .await;

    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_reconnect_after_the_sign_in_expired_may_only_read() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "exp": NOW + 60 }));
    let negotiated = app
        .negotiate_as(&token, "room_id=test&role=writer")
        .await
        .ok();
    let connect = || {
        let event = app.event("connect", "c1").user("alice");
        event
            .json(&json!({ "query": { "sb": [ticket(&negotiated)] } }))
            .send()
    };

    let in_time = connect().await.ok();
    app.advance(61);
    let late = connect().await.ok();

    assert_eq!(in_time["roles"].as_array().unwrap().len(), 2);
    assert_eq!(late["roles"], json!(["webpubsub.joinLeaveGroup.test"]));
}

#[tokio::test]
async fn a_very_long_display_name_still_fits_the_state() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "name": "ü".repeat(3000) }));

    let client = Client::connect(&app, app.negotiate_as(&token, "room_id=test").await).await;

    assert!(client.state.len() < 1024, "{}", client.state.len());
}

/// The event `connected` of a client whose `connect` was answered before.
async fn connected(app: &TestApp, client: &Client<'_>) -> crate::support::Answer {
    let event = app.event("connected", &client.connection);
    let event = event.user(&client.user);
    event
        .header("ce-connectionState", &client.state)
        .send()
        .await
}

#[tokio::test]
async fn a_connection_about_which_nothing_can_be_decided_is_closed_or_reported() {
    let app = TestApp::with(&[
        ("ALLOW_ANONYMOUS", "true"),
        ("API_TOKEN", TestApp::API_TOKEN),
    ])
    .await;
    let client = Client::negotiate(&app, "room_id=test&username=alice&role=writer").await;
    // Nothing changed, so that the service, which is not there, is not called.
    let before = connected(&app, &client).await;

    let ban = serde_json::json!({ "userId": client.user });
    app.back_end(reqwest::Method::POST, "/api/rooms/test/ban", &ban)
        .await;
    let after = connected(&app, &client).await;

    assert_eq!((before.status.as_u16(), before.body.as_str()), (200, ""));
    after.assert_problem(503, "unavailable");
}
