//! `GET` and `POST /api/negotiate`

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::{Answer, NOW, TestApp};

fn claims(access_token: &str) -> Value {
    let key = jsonwebtoken::DecodingKey::from_secret(crate::support::KEY.as_bytes());
    let validation = jsonwebtoken::Validation {
        validate_aud: false,
        validate_exp: false,
        ..jsonwebtoken::Validation::default()
    };
    jsonwebtoken::decode(access_token, &key, &validation)
        .unwrap()
        .claims
}

async fn post(app: &TestApp, content_type: Option<&str>, body: impl Into<String>) -> Answer {
    let mut call = app.call(Method::POST, "/api/negotiate").body(body.into());
    if let Some(content_type) = content_type {
        call = call.header(CONTENT_TYPE, content_type);
    }
    Answer::of(call).await
}

#[tokio::test]
async fn the_response_matches_the_contract() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;

    let answer = app
        .negotiate("room_id=test&username=alice&role=writer")
        .await;

    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.ok();
    let url = body["url"].as_str().unwrap();
    assert!(
        url.starts_with("ws://localhost:9/client/hubs/ViewerHub?access_token="),
        "{url}"
    );
    assert!(url.contains("&sb="), "{url}");
    let mut rest = body.clone();
    rest.as_object_mut().unwrap().remove("url");
    assert_eq!(
        rest,
        json!({
            "userId": "alice",
            "roles": ["webpubsub.joinLeaveGroup.test", "webpubsub.sendToGroup.test"],
            "hub": "ViewerHub",
            "room": "test",
            "expiresIn": 3600,
            "expiresAt": "2027-01-15T09:00:00Z",
            "groups": ["test"],
        })
    );
}

#[tokio::test]
async fn the_token_claims_match_the_response() {
    let settings = [
        ("ALLOW_ANONYMOUS", "true"),
        ("INCLUDE_ACCESS_TOKEN", "true"),
        ("TOKEN_LIFETIME_MINUTES", "5"),
    ];
    let app = TestApp::with(&settings).await;

    let body = app
        .negotiate("room_id=a,b&channel=chats&username=alice")
        .await
        .ok();

    let token = body["accessToken"].as_str().unwrap();
    assert_eq!(
        claims(token),
        json!({
            "aud": "http://localhost:9/client/hubs/ViewerHub",
            "iat": NOW,
            "exp": NOW + 300,
            "sub": "alice",
            "role": ["webpubsub.joinLeaveGroup.a", "webpubsub.joinLeaveGroup.b"],
            "webpubsub.group": ["a", "b", "channel:chats"],
        })
    );
    let base = body["baseUrl"].as_str().unwrap();
    assert!(
        base.contains("?sb=") && !base.contains("access_token"),
        "{base}"
    );
    assert!(body["url"].as_str().unwrap().contains(token));
}

#[tokio::test]
async fn each_nameless_call_gets_a_new_user_id() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;

    let first = app.negotiate("room_id=test").await.ok();
    let second = app.negotiate("room_id=test").await.ok();

    assert_ne!(first["userId"], second["userId"]);
    assert!(uuid::Uuid::try_parse(first["userId"].as_str().unwrap()).is_ok());
}

#[tokio::test]
async fn a_missing_target_is_reported_with_the_parameters_name() {
    let app = TestApp::spawn().await;

    let answer = app.negotiate("username=alice").await;

    answer.assert_problem(400, "missing_target");
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .contains("room_id")
    );
}

#[tokio::test]
async fn invalid_parameters_are_named() {
    let app = TestApp::spawn().await;
    let bad = [
        ("room_id=..%2Fadmin", "room_id"),
        ("room_id=a:b", "room_id"),
        ("room_id=test&role=owner", "role"),
        ("session_id=42", "session_id"),
        ("channel=everything", "channel"),
        ("org_id=a:b", "org_id"),
        ("device_id=a%20b", "device_id"),
        ("room_id=test&username=a%00b", "user id"),
        (&format!("room_id=test&username={}", "x".repeat(252)), "256"),
        ("room_id=test&invite=secret", "invite"),
    ];

    for (query, named) in bad {
        let answer = app.negotiate(query).await;

        answer.assert_problem(400, "invalid_parameter");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(named), "{query}: {detail}");
        assert!(!detail.contains("secret"), "{detail}");
    }
}

#[tokio::test]
async fn a_body_may_be_json_a_form_or_json_sent_as_text() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;
    let json = r#"{"room_id":["a","b"],"username":"alice","role":"writer"}"#;
    let calls = [
        (Some("application/json; charset=utf-8"), json),
        (Some("text/plain;charset=UTF-8"), json),
        (None, json),
        (
            Some("application/x-www-form-urlencoded"),
            "room_id=a&room_id=b&username=alice&role=writer",
        ),
    ];

    for (content_type, body) in calls {
        let negotiated = post(&app, content_type, body).await.ok();

        assert_eq!(negotiated["groups"], json!(["a", "b"]), "{content_type:?}");
        assert_eq!(negotiated["userId"], "alice");
        assert_eq!(negotiated["roles"].as_array().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn a_post_without_a_body_uses_the_query() {
    let app = TestApp::spawn().await;
    let call = app.call(Method::POST, "/api/negotiate?room_id=test");

    assert_eq!(Answer::of(call).await.ok()["room"], "test");
}

#[tokio::test]
async fn hostile_bodies_get_a_clear_problem() {
    let app = TestApp::spawn().await;
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));

    for body in ["{", "[]", "7", "null", r#"{"room_id":{"a":1}}"#, &deep] {
        post(&app, Some("application/json"), body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    post(&app, Some("application/xml"), "<a/>")
        .await
        .assert_problem(400, "invalid_parameter");
    post(&app, None, "x".repeat(70_000))
        .await
        .assert_problem(413, "too_large");
}

#[tokio::test]
async fn other_methods_are_refused_with_the_allowed_ones() {
    let app = TestApp::spawn().await;

    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = Answer::of(app.call(method, "/api/negotiate?room_id=test")).await;

        answer.assert_problem(405, "method_not_allowed");
        let allow = answer.header("allow").unwrap();
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    }
}

#[tokio::test]
async fn path_case_and_a_trailing_slash_do_not_matter() {
    let app = TestApp::spawn().await;

    for path in [
        "/API/Negotiate?room_id=Test",
        "/api/negotiate/?room_id=Test",
    ] {
        assert_eq!(app.get(path).await.ok()["room"], "Test", "{path}");
    }
}

#[tokio::test]
async fn a_rate_limited_caller_gets_a_retry_time() {
    let settings = [
        ("ALLOW_ANONYMOUS", "true"),
        ("RATE_LIMIT_NEGOTIATE", "2"),
        ("TRUST_PROXY", "true"),
    ];
    let app = TestApp::with(&settings).await;
    let from = |address: &'static str| {
        let call = app.call(Method::GET, "/api/negotiate?room_id=test");
        Answer::of(call.header("x-forwarded-for", address))
    };
    from("1.2.3.4:1").await.ok();
    from("9.9.9.9, 1.2.3.4:2").await.ok();

    let third = from("1.2.3.4:3").await;

    third.assert_problem(429, "rate_limited");
    assert_eq!(third.header("retry-after"), Some("60"));
    from("5.6.7.8").await.ok();
    app.advance(60);
    from("1.2.3.4").await.ok();
}

#[tokio::test]
async fn forwarded_addresses_are_ignored_without_a_trusted_proxy() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true"), ("RATE_LIMIT_NEGOTIATE", "1")]).await;
    let from = |address: &'static str| {
        let call = app.call(Method::GET, "/api/negotiate?room_id=test");
        Answer::of(call.header("x-forwarded-for", address))
    };
    from("1.1.1.1").await.ok();

    from("2.2.2.2").await.assert_problem(429, "rate_limited");
}

#[tokio::test]
async fn invalid_settings_are_named_without_their_values() {
    let settings = [
        (
            "AZURE_WEB_PUBSUB_CONNECTION_STRING",
            "Endpoint=https://x;Hush=hush",
        ),
        ("TOKEN_LIFETIME_MINUTES", "hush"),
    ];
    let app = TestApp::with(&settings).await;

    let answer = app.negotiate("room_id=test").await;

    answer.assert_problem(500, "server_misconfigured");
    assert!(answer.body.contains("AZURE_WEB_PUBSUB_CONNECTION_STRING"));
    assert!(answer.body.contains("TOKEN_LIFETIME_MINUTES"));
    assert!(
        !answer.body.to_lowercase().contains("hush"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_body_overrides_the_query_and_their_targets_add_up() {
    let app = TestApp::with(&[("ALLOW_ANONYMOUS", "true")]).await;
    let path = "/api/negotiate?room_id=a&username=alice&role=writer";
    let call = app
        .call(Method::POST, path)
        .body(r#"{"room_id":"b","username":"bob","role":"reader"}"#);

    let negotiated = Answer::of(call).await.ok();

    assert_eq!(negotiated["userId"], "bob");
    assert_eq!(negotiated["groups"], json!(["a", "b"]));
    assert_eq!(negotiated["roles"].as_array().unwrap().len(), 2);
}
