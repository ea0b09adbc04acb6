//! 1.1: connection strings and access keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use emulator::{Config, Keys};
use serde_json::json;

use crate::support::{KEY, TestEmulator, facts, sign};

/// An accepted key also verifies tokens, by its text.
async fn usable(key: &str, expected: bool) {
    let Ok(keys) = Keys::new(key, None) else {
        assert!(!expected, "{key} was refused");
        return;
    };
    assert!(expected, "{key} was taken");
    let emulator = TestEmulator::with(Config::default().with_keys(keys)).await;
    let claims = json!({ "aud": format!("{}/client/hubs/chat", emulator.endpoint()), "exp": 4_000_000_000_i64 });
    let path = format!("/client/hubs/chat?access_token={}", sign(&claims, key));

    assert_eq!(emulator.refusal_at(&path).await, None, "{key}");
}

facts! { usable;
    a_key_has_at_least_32_bytes: &"k".repeat(32), true;
    a_key_of_31_bytes_is_refused: &"k".repeat(31), false;
    a_key_is_measured_in_bytes: &"é".repeat(16), true;
    a_key_may_contain_equals_signs: "abcdefghijklmnopqrstuvwxyz012345678==", true;
    a_key_contains_no_semicolon: "abcdefghijklmnop;qrstuvwxyz0123456789", false;
    a_key_contains_no_control_characters: "abcdefghijklmnop\nqrstuvwxyz0123456789", false;
}

#[tokio::test]
async fn a_key_is_text_even_if_it_looks_like_base64() {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "aud": format!("{}/client/hubs/chat", emulator.endpoint()), "exp": 4_000_000_000_i64 });
    let token = sign(&claims, STANDARD.decode(KEY).unwrap());

    let refused = emulator
        .refusal_at(&format!("/client/hubs/chat?access_token={token}"))
        .await;

    assert_eq!(refused, Some(401));
}

#[test]
fn the_connection_string_has_an_endpoint_a_key_and_a_version() {
    let config = Config::default();

    let parts = |text: &str| -> Vec<(String, String)> {
        text.split(';')
            .filter(|part| !part.is_empty())
            .map(|part| part.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        parts(&config.connection_string("127.0.0.1:8080".parse().unwrap())),
        [
            own("Endpoint", "http://localhost:8080"),
            own("AccessKey", KEY),
            own("Version", "1.0"),
        ]
    );
    assert_eq!(
        parts(&config.connection_string("[::1]:9".parse().unwrap()))[0],
        own("Endpoint", "http://[::1]:9")
    );
}
