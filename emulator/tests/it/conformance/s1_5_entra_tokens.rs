//! 1.5: tokens of Entra ID in place of the access key.

use emulator::Config;
use serde_json::{Value, json};

use crate::support::{TestEmulator, facts, sign, sign_as};

async fn sends(config: Config, claims: Value, status: u16) {
    let emulator = TestEmulator::with(config).await;
    let token = sign(&claims, "a key that only Entra has");

    let answered = emulator.rest_with_token("POST", ":send", &token, "text/plain", "hello");

    assert_eq!(answered.await.status, status, "{claims}");
}

fn entra() -> Config {
    Config::default().accepting_entra_tokens()
}

fn for_audience(audience: &str) -> Value {
    json!({ "aud": audience, "exp": 4_000_000_000_i64 })
}

const SERVICE: &str = "https://webpubsub.azure.com";

facts! { sends;
    a_token_for_the_service_is_accepted: entra(), for_audience(SERVICE), 202;
    a_slash_at_the_end_of_the_audience_does_not_matter: entra(), for_audience("https://webpubsub.azure.com/"), 202;
    a_token_is_refused_by_default: Config::default(), for_audience(SERVICE), 401;
    a_token_for_another_service_is_refused: entra(), for_audience("https://storage.azure.com"), 401;
    an_expired_token_is_refused: entra(), json!({ "aud": SERVICE, "exp": 1_000_000_000 }), 401;
    a_token_without_an_expiry_is_refused: entra(), json!({ "aud": SERVICE }), 401;
    a_token_of_the_future_is_refused: entra(), json!({ "aud": SERVICE, "exp": 4_000_000_001_i64, "nbf": 4_000_000_000_i64 }), 401;
}

#[tokio::test]
async fn access_keys_stay_valid() {
    let emulator = TestEmulator::with(entra()).await;

    emulator.send_text(":send", "hello").await;
}

#[tokio::test]
async fn entra_tokens_are_not_for_clients() {
    let emulator = TestEmulator::with(entra()).await;
    let token = sign_as("RS256", &for_audience(SERVICE), "Entra's");

    let path = format!("/client/hubs/chat?access_token={token}");

    assert_eq!(emulator.refusal_at(&path).await, Some(401));
}

/// With either kind of token, since it is unknown which the service accepts.
#[tokio::test]
async fn both_kinds_of_callers_get_client_tokens() {
    let emulator = TestEmulator::with(entra()).await;
    let token = sign_as("RS256", &for_audience(SERVICE), "Entra's");
    let path = ":generateToken?userId=ann";

    let by_entra = emulator.rest_with_token("POST", path, &token, "", "").await;
    let by_key = emulator.rest("POST", path, "", "").await;

    for answered in [by_entra, by_key] {
        let made = answered.json()["token"].as_str().unwrap().to_owned();
        let path = format!("/client/hubs/chat?access_token={made}");
        assert_eq!(emulator.refusal_at(&path).await, None);
    }
}
