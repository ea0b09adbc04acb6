//! The ways to identify a caller, and the targets that each may connect to.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, NOW, TestApp};

#[tokio::test]
async fn anonymous_callers_are_refused_unless_allowed() {
    let closed = TestApp::with(&[]).await;
    let open = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;

    closed
        .negotiate("room_id=test")
        .await
        .assert_problem(401, "unauthenticated")
        .assert_closes_with(4001);
    open.negotiate("room_id=test&channel=audio,chats")
        .await
        .ok();
}

#[tokio::test]
async fn user_owned_targets_require_a_signed_in_user() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;
    let owned = [
        "channel=notifications",
        "org_id=acme",
        "device_id=d1",
        "session_id=550e8400-e29b-41d4-a716-446655440000",
    ];

    for query in owned {
        app.negotiate(&format!("{query}&username=alice"))
            .await
            .assert_problem(401, "unauthenticated")
            .assert_closes_with(4001);
    }
}

#[tokio::test]
async fn anonymous_names_are_marked_when_users_can_sign_in() {
    let methods = [
        ("JWT_SECRET", "a-secret-of-32-bytes-or-rather-more"),
        ("API_TOKEN", "a-token-of-16-bytes-or-more"),
        ("TRUST_EASY_AUTH", "true"),
    ];

    for method in methods {
        let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true"), method]).await;

        let named = app.negotiate("room_id=test&username=alice").await.ok();
        let nameless = app.negotiate("room_id=test").await.ok();

        assert_eq!(named["userId"], "anon:alice", "{method:?}");
        assert!(nameless["userId"].as_str().unwrap().starts_with("anon:"));
    }
}

#[tokio::test]
async fn a_token_is_accepted_in_the_header_and_in_the_query() {
    let app = TestApp::spawn().await;
    let token = app.token("Jürgen 1", json!({}));

    let by_header = app.negotiate_as(&token, "room_id=test").await.ok();
    let by_parameter = app
        .negotiate(&format!("room_id=test&token={token}"))
        .await
        .ok();

    assert_eq!(by_header["userId"], "J%C3%BCrgen%201");
    assert_eq!(by_parameter["userId"], by_header["userId"]);
}

#[tokio::test]
async fn a_signed_in_user_keeps_their_id_whatever_name_they_ask_for() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({}));

    let negotiated = app
        .negotiate_as(&token, "room_id=test&username=bob")
        .await
        .ok();

    assert_eq!(negotiated["userId"], "alice");
}

#[tokio::test]
async fn a_signed_in_user_cannot_pass_for_an_anonymous_one() {
    let app = TestApp::spawn().await;
    let token = app.token("anon:alice", json!({}));

    let negotiated = app.negotiate_as(&token, "room_id=test").await.ok();

    assert_eq!(negotiated["userId"], "anon%3Aalice");
}

#[tokio::test]
async fn a_bad_token_gets_the_close_code_of_its_target() {
    let app = TestApp::spawn().await;
    let expired = app.token("alice", json!({ "exp": NOW - 60 }));
    let session = "session_id=550e8400-e29b-41d4-a716-446655440000";
    let cases = [
        (session.to_owned(), Some(4003)),
        (format!("{session}&org_id=acme&room_id=test"), Some(4003)),
        ("org_id=acme".to_owned(), Some(4001)),
        ("channel=notifications".to_owned(), Some(4001)),
        ("room_id=test".to_owned(), None),
    ];

    for (query, close_code) in cases {
        app.negotiate_as("not.a.token", &query)
            .await
            .assert_problem(401, "token_invalid")
            .assert_closes_with(close_code);
        app.negotiate_as(&expired, &query)
            .await
            .assert_problem(401, "token_expired")
            .assert_closes_with(close_code);
    }
}

#[tokio::test]
async fn an_unverifiable_token_is_refused_rather_than_ignored() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;

    app.negotiate_as("some.jwt.token", "room_id=test")
        .await
        .assert_problem(401, "token_invalid");
}

#[tokio::test]
async fn a_bad_token_does_not_fall_back_to_anonymous() {
    let app = TestApp::spawn().await;

    app.negotiate("room_id=test&token=x.y.z")
        .await
        .assert_problem(401, "token_invalid");
}

#[tokio::test]
async fn an_organisation_is_open_to_its_members() {
    let app = TestApp::spawn().await;
    let member = app.token(
        "alice",
        json!({ "organizations": { "acme": { "id": "7" } } }),
    );

    let negotiated = app.negotiate_as(&member, "org_id=acme,7").await.ok();

    assert_eq!(negotiated["groups"], json!(["org:acme", "org:7"]));
    assert_eq!(negotiated["roles"], json!([]));
    app.negotiate_as(&member, "org_id=umbrella")
        .await
        .assert_problem(403, "not_a_member")
        .assert_closes_with(4003);
}

#[tokio::test]
async fn devices_require_the_devices_role() {
    let app = TestApp::spawn().await;
    let with = app.token("alice", json!({ "roles": ["devices"] }));
    let without = app.token("bob", json!({}));

    let negotiated = app.negotiate_as(&with, "device_id=floor1:s7").await.ok();

    assert_eq!(negotiated["groups"], json!(["device:floor1:s7"]));
    app.negotiate_as(&without, "device_id=floor1:s7")
        .await
        .assert_problem(403, "forbidden");
}

#[tokio::test]
async fn notifications_go_to_the_users_own_inbox() {
    let app = TestApp::spawn().await;
    let alice = app.token("alice", json!({}));

    let negotiated = app.negotiate_as(&alice, "channel=notifications").await.ok();

    assert_eq!(
        negotiated["groups"],
        json!(["inbox:K9gGyX8OAK8aH8Myj6djqS"])
    );
    assert_eq!(negotiated["room"], json!(null));
}

#[tokio::test]
async fn an_unknown_session_has_no_participants() {
    let app = TestApp::spawn().await;
    let alice = app.token("alice", json!({}));

    app.negotiate_as(
        &alice,
        "session_id=550E8400-e29b-41d4-a716-446655440000&org_id=acme",
    )
    .await
    .assert_problem(403, "not_a_participant")
    .assert_closes_with(4004);
}

#[tokio::test]
async fn a_back_end_can_negotiate_for_any_user() {
    let app = TestApp::with(&[("API_TOKEN", "the-token-of-16-bytes-or-more")]).await;

    let negotiated = app
        .negotiate_as(
            "the-token-of-16-bytes-or-more",
            "username=j%C3%BCrgen%2Ex&org_id=acme&device_id=d&channel=notifications",
        )
        .await
        .ok();

    assert_eq!(negotiated["userId"], "j%C3%BCrgen.x");
    app.negotiate_as(
        "the-token-of-16-bytes-or-more",
        "room_id=test&username=50%25",
    )
    .await
    .assert_problem(400, "invalid_parameter");
    for wrong in ["the-toke", "the-tokenx", "THE-TOKEN"] {
        app.negotiate_as(wrong, "room_id=test")
            .await
            .assert_problem(401, "token_invalid");
    }
}

#[tokio::test]
async fn platform_headers_count_only_when_trusted() {
    let trusting = TestApp::with(&[("TRUST_EASY_AUTH", "true")]).await;
    let others = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;
    let with_headers = |app: &TestApp| {
        let call = app.call(Method::GET, "/api/negotiate?room_id=test");
        Answer::of(call.header("x-ms-client-principal-id", "alice"))
    };

    assert_eq!(with_headers(&trusting).await.ok()["userId"], "alice");
    trusting
        .negotiate("room_id=test")
        .await
        .assert_problem(401, "unauthenticated");
    assert_ne!(with_headers(&others).await.ok()["userId"], "alice");
}
