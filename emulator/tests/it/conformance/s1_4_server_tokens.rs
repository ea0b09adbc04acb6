//! 1.4: tokens for REST calls, signed with an access key.

use emulator::{Config, Keys};
use http::Request;
use serde_json::{Value, json};

use crate::support::{KEY, TestEmulator, call, facts, sign, sign_as};

const PATH: &str = "users/ann?filter=userId%20eq%20%27a%20b%27";

/// Calls with claims made from the URL with its query. A valid token gets a 404.
async fn counts(claims: impl FnOnce(&str) -> Value, status: u16) {
    let emulator = TestEmulator::start().await;
    let mut all = json!({ "exp": 4_000_000_000_i64 });
    let given = claims(&emulator.rest_url(PATH));
    for (name, value) in given.as_object().unwrap() {
        all[name] = value.clone();
    }

    let token = sign(&all, KEY);
    let answered = emulator.rest_with_token("HEAD", PATH, &token, "", "").await;

    assert_eq!(answered.status, status);
}

fn aud(audience: impl Into<String>) -> Value {
    json!({ "aud": audience.into() })
}

fn bare(url: &str) -> &str {
    url.split('?').next().unwrap()
}

facts! { counts;
    the_audience_is_the_url_with_its_query: |url| aud(url), 404;
    the_audience_is_the_url_without_its_query: |url| aud(bare(url)), 404;
    the_audience_may_be_decoded_once: |url| aud(url.replace("%20", " ").replace("%27", "'")), 404;
    the_audience_is_case_insensitive: |url| aud(bare(url).to_uppercase().replace("HTTP", "http")), 404;
    the_scheme_of_the_audience_is_case_insensitive: |url| aud(bare(url).to_uppercase()), 404;
    the_audience_may_say_https: |url| aud(bare(url).replace("http", "https")), 404;
    the_audience_may_be_one_of_several: |url| json!({ "aud": ["x", url] }), 404;
    a_call_needs_no_time_of_issue: |url| json!({ "aud": url, "iat": null }), 404;
    another_host_is_refused: |url| aud(url.replace("127.0.0.1", "127.0.0.2")), 401;
    another_hub_is_refused: |url| aud(url.replace("chat", "other")), 401;
    another_operation_is_refused: |url| aud(bare(url).replace("users/ann", "users/bob")), 401;
    a_prefix_of_the_url_is_refused: |url| aud(bare(url).replace("/users/ann", "")), 401;
    another_query_is_refused: |url| aud(url.replace("27a", "27b")), 401;
    another_scheme_is_refused: |url| aud(url.replace("http", "ws")), 401;
    a_token_of_a_client_is_refused: |url| aud(url.replace("/api/hubs/chat", "/client/hubs/chat")), 401;
    a_token_without_an_audience_is_refused: |_| json!({}), 401;
    a_token_without_an_expiry_is_refused: |url| json!({ "aud": url, "exp": null }), 401;
    an_expired_token_is_refused: |url| json!({ "aud": url, "exp": 1000 }), 401;
}

#[tokio::test]
async fn only_the_two_keys_sign_calls() {
    let (first, second) = ("1".repeat(32), "2".repeat(32));
    let keys = Keys::new(&first, Some(&second)).unwrap();
    let emulator = TestEmulator::with(Config::default().with_keys(keys)).await;
    let claims = json!({ "aud": emulator.rest_url("users/ann"), "exp": 4_000_000_000_i64 });
    let status = async |token: String| {
        let answered = emulator.rest_with_token("HEAD", "users/ann", &token, "", "");
        answered.await.status.as_u16()
    };

    assert_eq!(status(sign(&claims, &first)).await, 404);
    assert_eq!(status(sign(&claims, &second)).await, 404);
    assert_eq!(status(sign(&claims, KEY)).await, 401);
    assert_eq!(status(sign_as("none", &claims, &first)).await, 401);
    assert_eq!(status("nonsense".to_owned()).await, 401);
}

#[tokio::test]
async fn the_token_is_in_the_header() {
    let emulator = TestEmulator::start().await;
    let url = emulator.rest_url("users/ann");
    let token = sign(&json!({ "aud": url, "exp": 4_000_000_000_i64 }), KEY);
    let status = async |header: Option<String>| {
        let mut request = Request::head(&url);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answered = call(request.body(Default::default()).unwrap()).await;
        answered.status.as_u16()
    };

    assert_eq!(status(Some(format!("Bearer {token}"))).await, 404);
    assert_eq!(status(Some(format!("Basic {token}"))).await, 401);
    assert_eq!(status(Some(token)).await, 401);
    assert_eq!(status(None).await, 401);
}

/// Names with reserved characters: the token is for the URL as it was sent.
#[tokio::test]
async fn the_url_is_not_escaped_again() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["a+b&c=d?e#f", "a:b;c,d@e"]).await;

    let escaped = "groups/a%2Bb%26c%3Dd%3Fe%23f/:send";
    emulator.send_text(escaped, "one").await;
    let escaped = "groups/a%3Ab%3Bc%2Cd%40e/:send";
    emulator.send_text(escaped, "two").await;
    emulator.send_text("groups/a:b;c,d@e/:send", "three").await;

    for text in ["one", "two", "three"] {
        assert_eq!(ann.next().await["data"], text);
    }
}
