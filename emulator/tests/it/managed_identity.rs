//! The managed identity that events carry.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use emulator::{Config, EventHandler, HubConfig};
use http::Request;
use http_body_util::Full;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::support::{Handler, JSON, TestEmulator, call};

const RESOURCE: &str = "api://chat-handlers";

async fn get(url: &str) -> Value {
    let request = Request::get(url).body(Full::<Bytes>::default()).unwrap();
    call(request).await.json()
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// Verifies a token as a handler would, with what the issuer publishes, and returns its claims.
async fn verified(token: &str) -> Value {
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let parsed = |part| serde_json::from_slice::<Value>(&decoded(part)).unwrap();
    let issuer = parsed(claims)["iss"].as_str().unwrap().to_owned();
    let published = get(&format!("{issuer}/.well-known/openid-configuration")).await;
    assert_eq!(published["issuer"], *issuer);
    let keys = get(published["jwks_uri"].as_str().unwrap()).await;
    let key = keys["keys"].as_array().unwrap();
    let key = key
        .iter()
        .find(|key| key["kid"] == parsed(header)["kid"])
        .unwrap();
    assert_eq!(parsed(header)["alg"], key["alg"]);

    let coordinate = |name: &str| decoded(key[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(format!("{header}.{claims}").as_bytes(), &decoded(signature))
        .unwrap();
    parsed(claims)
}

#[tokio::test]
async fn a_handler_can_verify_the_service() {
    let handler = Handler::silent().await;
    let upstream = EventHandler::all(&handler.template()).unwrap();
    let hub = HubConfig::default().with_handler(upstream.with_managed_identity(RESOURCE));
    let emulator = TestEmulator::with(Config::default().with_hub("chat", hub)).await;

    let _client = emulator.connect(Some(JSON), json!({})).await;

    let connect = handler.next_named("connect").await;
    let token = connect.header("authorization").unwrap();
    let claims = verified(token.strip_prefix("Bearer ").unwrap()).await;
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(claims["aud"], RESOURCE);
    assert_eq!(claims["azp"], "e0000000-0000-4000-8000-000000000002");
    assert_eq!(claims["appid"], claims["azp"]);
    assert_eq!(claims["oid"], "e0000000-0000-4000-8000-000000000003");
    assert_eq!(life, 24 * 60 * 60);
}

#[tokio::test]
async fn a_handler_without_auth_gets_no_token() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let _client = emulator.connect(Some(JSON), json!({})).await;

    let connect = handler.next_named("connect").await;
    assert_eq!(connect.header("authorization"), None);
}
