//! Tokens of an identity provider, its keys, their rotation, and what happens while it is away.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, NOW, TestApp};

async fn app_of(issuer: &Issuer, more: &[(&str, &str)]) -> TestApp {
    let settings = [&[("JWT_ISSUER", issuer.url.as_str())], more].concat();
    TestApp::with(&settings).await
}

fn alice() -> Value {
    json!({ "sub": "alice", "exp": NOW + 3600, "nbf": NOW - 10, "aud": "app" })
}

async fn shown(app: &TestApp, token: &str) -> Answer {
    app.negotiate_as(token, "room_id=test").await
}

#[tokio::test]
async fn tokens_of_every_public_key_kind_are_accepted() {
    let mut issuer = Issuer::start().await;
    let app = app_of(&issuer, &[]).await;

    for alg in ["RS256", "ES256", "EdDSA"] {
        issuer.adds_key(alg, alg).await;
    }
    for alg in ["RS256", "ES256", "EdDSA"] {
        let token = issuer.signs(alg, alice()).await;

        assert_eq!(shown(&app, &token).await.ok()["userId"], "alice", "{alg}");
    }
}

#[tokio::test]
async fn keys_may_be_named_by_address_instead_of_found() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("RS256", "a").await;
    let app = TestApp::with(&[("JWT_JWKS_URL", &format!("{}/jwks", issuer.url))]).await;
    let token = issuer.signs("a", alice()).await;

    shown(&app, &token).await.ok();
}

#[tokio::test]
async fn other_algorithms_of_the_same_keys_are_refused() {
    let mut issuer = Issuer::start().await;
    let app = app_of(&issuer, &[]).await;

    for alg in ["RS512", "ES384", "PS256"] {
        issuer.adds_key(alg, alg).await;
        let token = issuer.signs(alg, alice()).await;

        shown(&app, &token)
            .await
            .assert_problem(401, "token_invalid");
    }
}

#[tokio::test]
async fn issuer_audience_and_times_are_checked() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("RS256", "a").await;
    let app = app_of(&issuer, &[("JWT_AUDIENCE", "app, other")]).await;
    let cases = [
        (json!({}), None),
        (
            json!({ "iss": "https://evil.example.com" }),
            Some("token_invalid"),
        ),
        (json!({ "aud": "them" }), Some("token_invalid")),
        (json!({ "aud": null }), Some("token_invalid")),
        (json!({ "exp": NOW - 6 }), Some("token_expired")),
        (json!({ "exp": null }), Some("token_invalid")),
        (json!({ "nbf": NOW + 6 }), Some("token_invalid")),
    ];

    for (changes, code) in cases {
        let mut claims = alice();
        claims
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let token = issuer.signs("a", claims).await;
        let answer = shown(&app, &token).await;

        match code {
            Some(code) => drop(answer.assert_problem(401, code)),
            None => drop(answer.ok()),
        }
    }
}

#[tokio::test]
async fn a_public_key_does_not_pass_for_a_secret() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("RS256", "a").await;
    let keys = format!("{}/jwks", issuer.url);
    let both = [
        ("JWT_JWKS_URL", keys.as_str()),
        ("JWT_SECRET", "the-real-secret-of-32-bytes-or-more"),
    ];
    let app = TestApp::with(&both).await;
    let public = issuer.public_key("a").await;
    let claims = json!({ "sub": "alice", "exp": NOW + 60 });
    let forged = |kid: Option<&str>, secret: &str| {
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(Algorithm::HS256)
        };
        jsonwebtoken::encode(
            &header,
            &claims,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
        .unwrap()
    };
    let secrets = [
        public["pem"].as_str().unwrap().to_owned(),
        public["pem"].as_str().unwrap().trim().to_owned(),
        public["pkcs1"].as_str().unwrap().to_owned(),
        public["key"].to_string(),
        public["key"]["n"].as_str().unwrap().to_owned(),
    ];

    for secret in &secrets {
        for kid in [Some("a"), None] {
            let answer = shown(&app, &forged(kid, secret)).await;

            answer.assert_problem(401, "token_invalid");
        }
    }
    shown(&app, &forged(None, "the-real-secret-of-32-bytes-or-more"))
        .await
        .ok();
    let genuine = issuer.signs("a", alice()).await;
    shown(&app, &genuine).await.ok();
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_waiting_calls() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("ES256", "a").await;
    let app = app_of(&issuer, &[]).await;
    let token = issuer.signs("a", alice()).await;

    for answer in join_all((0..50).map(|_| shown(&app, &token))).await {
        answer.ok();
    }

    assert_eq!(issuer.times_asked_for_keys().await, 1);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_asks_once_a_minute() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("ES256", "a").await;
    let app = app_of(&issuer, &[]).await;
    let good = issuer.signs("a", alice()).await;
    shown(&app, &good).await.ok();
    let (_, rest) = good.split_once('.').unwrap();
    let unknown = |n: u32| {
        let header = json!({ "alg": "ES256", "kid": format!("made-up-{n}") }).to_string();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
    };

    for minute in 2..4 {
        app.sleep(60);
        let tokens: Vec<_> = (0..30).map(unknown).collect();
        for answer in join_all(tokens.iter().map(|token| shown(&app, token))).await {
            answer.assert_problem(401, "token_invalid");
        }

        assert_eq!(issuer.times_asked_for_keys().await, minute);
    }
}

/// A call in a task of its own, as another client's is.
fn calling(app: &TestApp, token: &str) -> tokio::task::JoinHandle<Answer> {
    let call = app
        .call(Method::GET, "/api/negotiate?room_id=test")
        .bearer_auth(token);
    tokio::spawn(Answer::of(call))
}

#[tokio::test]
async fn who_shows_a_new_key_waits_for_the_fetch_that_is_under_way() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("ES256", "old").await;
    let app = app_of(&issuer, &[]).await;
    let old = issuer.signs("old", alice()).await;
    shown(&app, &old).await.ok();
    app.sleep(60);
    issuer.adds_key("ES256", "new").await;
    let new = issuer.signs("new", alice()).await;

    issuer.pauses().await;
    let first = calling(&app, &new);
    issuer.was_asked(2).await;
    let mut second = calling(&app, &new);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
    let known_meanwhile = shown(&app, &old).await;
    issuer.goes_on().await;

    assert!(early.is_err(), "{early:?}");
    known_meanwhile.ok();
    first.await.unwrap().ok();
    second.await.unwrap().ok();
    assert_eq!(issuer.times_asked_for_keys().await, 2);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_spoil_the_fetch_for_others() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("ES256", "a").await;
    let app = app_of(&issuer, &[]).await;
    let token = issuer.signs("a", alice()).await;

    issuer.pauses().await;
    let first = calling(&app, &token);
    issuer.was_asked(1).await;
    first.abort();
    assert!(first.await.is_err());
    let second = calling(&app, &token);
    issuer.goes_on().await;

    second.await.unwrap().ok();
    assert_eq!(issuer.times_asked_for_keys().await, 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_within_a_minute() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("RS256", "old").await;
    let app = app_of(&issuer, &[]).await;
    let old = issuer.signs("old", alice()).await;
    shown(&app, &old).await.ok();
    issuer.adds_key("RS256", "new").await;
    let new = issuer.signs("new", alice()).await;

    shown(&app, &new).await.assert_problem(401, "token_invalid");
    app.sleep(60);

    shown(&app, &new).await.ok();
    shown(&app, &old).await.ok();
}

#[tokio::test]
async fn known_keys_outlast_the_providers_outage() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("RS256", "a").await;
    let app = app_of(&issuer, &[]).await;
    let mut claims = alice();
    claims["exp"] = json!(NOW + 10_000);
    let token = issuer.signs("a", claims).await;
    shown(&app, &token).await.ok();
    issuer.goes_away().await;
    app.sleep(3600);

    shown(&app, &token).await.ok();
}

#[tokio::test]
async fn without_any_keys_the_answer_is_try_again_until_the_provider_is_back() {
    let mut issuer = Issuer::start().await;
    issuer.adds_key("RS256", "a").await;
    let app = app_of(&issuer, &[]).await;
    let token = issuer.signs("a", alice()).await;
    issuer.goes_away().await;

    shown(&app, &token).await.assert_problem(503, "unavailable");
    issuer.comes_back().await;
    app.sleep(2);

    shown(&app, &token).await.ok();
}

#[tokio::test]
async fn with_a_managed_identity_the_services_entra_token_proves_its_events() {
    let mut entra = Issuer::start().await;
    entra.adds_key("RS256", "a").await;
    let settings = [
        ("AZURE_WEB_PUBSUB_CONNECTION_STRING", ""),
        ("AZURE_WEB_PUBSUB_ENDPOINT", "https://x.webpubsub.azure.com"),
        ("STATE_SECRET", "a-secret-of-32-bytes-or-rather-more"),
        ("WEBHOOK_ISSUER", entra.url.as_str()),
        ("WEBHOOK_AUDIENCE", "api://handler"),
        ("WEBHOOK_CALLER", "the-service"),
        ("ALLOW_ANONYMOUS", "true"),
    ];
    let app = TestApp::with(&settings).await;
    let claims =
        |aud: &str, caller: &str| json!({ "aud": aud, "azp": caller, "exp": NOW + 60, "nbf": NOW });
    let connect = |token: String| {
        let connect = app
            .event("connect", "c1")
            .json(&json!({ "query": { "room_id": ["test"] } }));
        connect
            .header("authorization", format!("Bearer {token}"))
            .send()
    };

    let good = entra
        .signs("a", claims("api://handler", "the-service"))
        .await;
    connect(good).await.ok();

    let others = [
        claims("api://handler", "somebody"),
        claims("api://other", "the-service"),
    ];
    for claims in others {
        let token = entra.signs("a", claims).await;
        connect(token).await.assert_problem(401, "unauthenticated");
    }
    // A signature made with some key does not stand in for it.
    let signed = app
        .event("connect", "c1")
        .json(&json!({ "query": { "room_id": ["test"] } }));
    signed.send().await.assert_problem(401, "unauthenticated");
}
