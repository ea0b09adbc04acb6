//! Tokens of an identity provider: its keys, their rotation, and provider outages.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, NOW, TestApp};

async fn app_with_issuer(issuer: &Issuer, more: &[(&str, &str)]) -> TestApp {
    let settings = [&[("JWT_ISSUER", issuer.url.as_str())], more].concat();
    TestApp::with(&settings).await
}

fn alice() -> Value {
    json!({ "sub": "alice", "exp": NOW + 3600, "nbf": NOW - 10, "aud": "app" })
}

async fn negotiate(app: &TestApp, token: &str) -> Answer {
    app.negotiate_as(token, "room_id=test").await
}

#[tokio::test]
async fn tokens_signed_with_every_supported_key_type_are_accepted() {
    let mut issuer = Issuer::start().await;
    let app = app_with_issuer(&issuer, &[]).await;

    for alg in ["RS256", "ES256", "EdDSA"] {
        issuer.add_key(alg, alg).await;
    }
    for alg in ["RS256", "ES256", "EdDSA"] {
        let token = issuer.sign(alg, alice()).await;

        assert_eq!(
            negotiate(&app, &token).await.ok()["userId"],
            "alice",
            "{alg}"
        );
    }
}

#[tokio::test]
async fn a_key_set_url_may_replace_discovery() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
    let app = TestApp::with(&[("JWT_JWKS_URL", &format!("{}/jwks", issuer.url))]).await;
    let token = issuer.sign("a", alice()).await;

    negotiate(&app, &token).await.ok();
}

#[tokio::test]
async fn other_algorithms_for_the_same_key_types_are_refused() {
    let mut issuer = Issuer::start().await;
    let app = app_with_issuer(&issuer, &[]).await;

    for alg in ["RS512", "ES384", "PS256"] {
        issuer.add_key(alg, alg).await;
        let token = issuer.sign(alg, alice()).await;

        negotiate(&app, &token)
            .await
            .assert_problem(401, "token_invalid");
    }
}

#[tokio::test]
async fn issuer_audience_and_times_are_checked() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
    let app = app_with_issuer(&issuer, &[("JWT_AUDIENCE", "app, other")]).await;
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
        let token = issuer.sign("a", claims).await;
        let answer = negotiate(&app, &token).await;

        match code {
            Some(code) => drop(answer.assert_problem(401, code)),
            None => drop(answer.ok()),
        }
    }
}

#[tokio::test]
async fn keys_that_a_token_names_are_not_fetched() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("ES256", "a").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let address = format!("http://{}/keys", elsewhere.local_addr().unwrap());
    let key = rcgen::KeyPair::generate().unwrap();
    let point = key.public_key_raw();
    let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "x": x, "y": y });
    let header = Header {
        kid: Some("a".to_owned()),
        jku: Some(address.clone()),
        x5u: Some(address),
        jwk: Some(serde_json::from_value(jwk).unwrap()),
        ..Header::new(Algorithm::ES256)
    };
    let forged = EncodingKey::from_ec_der(&key.serialize_der());
    let forged = jsonwebtoken::encode(&header, &alice(), &forged).unwrap();

    let answer = negotiate(&app, &forged).await;

    answer.assert_problem(401, "token_invalid");
    let asked = elsewhere.accept().unwrap_err();
    assert_eq!(asked.kind(), ErrorKind::WouldBlock);
    let token = issuer.sign("a", alice()).await;
    negotiate(&app, &token).await.ok();
}

#[tokio::test]
async fn a_public_key_is_not_accepted_as_a_secret() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
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
            let answer = negotiate(&app, &forged(kid, secret)).await;

            answer.assert_problem(401, "token_invalid");
        }
    }
    negotiate(&app, &forged(None, "the-real-secret-of-32-bytes-or-more"))
        .await
        .ok();
    let genuine = issuer.sign("a", alice()).await;
    negotiate(&app, &genuine).await.ok();
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_waiting_calls() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("ES256", "a").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let token = issuer.sign("a", alice()).await;

    for answer in join_all((0..50).map(|_| negotiate(&app, &token))).await {
        answer.ok();
    }

    assert_eq!(issuer.key_fetches().await, 1);
}

#[tokio::test]
async fn unknown_keys_cause_at_most_one_fetch_a_minute() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("ES256", "a").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let good = issuer.sign("a", alice()).await;
    negotiate(&app, &good).await.ok();
    let (_, rest) = good.split_once('.').unwrap();
    let unknown = |n: u32| {
        let header = json!({ "alg": "ES256", "kid": format!("made-up-{n}") }).to_string();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
    };

    for minute in 2..4 {
        app.advance(60);
        let tokens: Vec<_> = (0..30).map(unknown).collect();
        for answer in join_all(tokens.iter().map(|token| negotiate(&app, token))).await {
            answer.assert_problem(401, "token_invalid");
        }

        assert_eq!(issuer.key_fetches().await, minute);
    }
}

/// Negotiates in a task of its own, as another client would.
fn spawn_negotiate(app: &TestApp, token: &str) -> tokio::task::JoinHandle<Answer> {
    let call = app
        .call(Method::GET, "/api/negotiate?room_id=test")
        .bearer_auth(token);
    tokio::spawn(Answer::of(call))
}

#[tokio::test]
async fn a_token_with_a_new_key_waits_for_the_fetch_in_progress() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("ES256", "old").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let old = issuer.sign("old", alice()).await;
    negotiate(&app, &old).await.ok();
    app.advance(60);
    issuer.add_key("ES256", "new").await;
    let new = issuer.sign("new", alice()).await;

    issuer.pause().await;
    let first = spawn_negotiate(&app, &new);
    issuer.wait_for_fetches(2).await;
    let mut second = spawn_negotiate(&app, &new);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
    let known_meanwhile = negotiate(&app, &old).await;
    issuer.resume().await;

    assert!(early.is_err(), "{early:?}");
    known_meanwhile.ok();
    first.await.unwrap().ok();
    second.await.unwrap().ok();
    assert_eq!(issuer.key_fetches().await, 2);
}

#[tokio::test]
async fn a_disconnected_caller_does_not_cancel_the_fetch_for_others() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("ES256", "a").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let token = issuer.sign("a", alice()).await;

    issuer.pause().await;
    let first = spawn_negotiate(&app, &token);
    issuer.wait_for_fetches(1).await;
    first.abort();
    assert!(first.await.is_err());
    let second = spawn_negotiate(&app, &token);
    issuer.resume().await;

    second.await.unwrap().ok();
    assert_eq!(issuer.key_fetches().await, 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_within_a_minute() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "old").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let old = issuer.sign("old", alice()).await;
    negotiate(&app, &old).await.ok();
    issuer.add_key("RS256", "new").await;
    let new = issuer.sign("new", alice()).await;

    negotiate(&app, &new)
        .await
        .assert_problem(401, "token_invalid");
    app.advance(60);

    negotiate(&app, &new).await.ok();
    negotiate(&app, &old).await.ok();
}

#[tokio::test]
async fn known_keys_stay_valid_during_a_provider_outage() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let mut claims = alice();
    claims["exp"] = json!(NOW + 10_000);
    let token = issuer.sign("a", claims).await;
    negotiate(&app, &token).await.ok();
    issuer.stop().await;
    app.advance(3600);

    negotiate(&app, &token).await.ok();
}

#[tokio::test]
async fn without_keys_calls_are_unavailable_until_the_provider_returns() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
    let app = app_with_issuer(&issuer, &[]).await;
    let token = issuer.sign("a", alice()).await;
    issuer.stop().await;

    negotiate(&app, &token)
        .await
        .assert_problem(503, "unavailable");
    issuer.restart().await;
    app.advance(2);

    negotiate(&app, &token).await.ok();
}

#[tokio::test]
async fn an_entra_token_authenticates_events_without_an_access_key() {
    let mut entra = Issuer::start().await;
    entra.add_key("RS256", "a").await;
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
        .sign("a", claims("api://handler", "the-service"))
        .await;
    connect(good).await.ok();

    let others = [
        claims("api://handler", "somebody"),
        claims("api://other", "the-service"),
    ];
    for claims in others {
        let token = entra.sign("a", claims).await;
        connect(token).await.assert_problem(401, "unauthenticated");
    }
    // An access key signature is not accepted instead of the token.
    let signed = app
        .event("connect", "c1")
        .json(&json!({ "query": { "room_id": ["test"] } }));
    signed.send().await.assert_problem(401, "unauthenticated");
}
