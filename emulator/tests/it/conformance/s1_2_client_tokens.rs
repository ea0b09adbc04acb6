//! 1.2: client tokens, signed with an access key.

use std::time::Duration;

use emulator::{Config, Keys};
use serde_json::{Value, json};

use crate::support::{Client, Handler, JSON, KEY, TestEmulator, facts, sign, sign_as};

/// Connects with these claims in place of valid ones; `null` omits a claim.
async fn admits(claims: impl FnOnce(&str) -> Value, refused_with: Option<u16>) {
    let emulator = TestEmulator::start().await;
    let claims = claims(&emulator.endpoint());

    assert_eq!(emulator.refusal(claims).await, refused_with);
}

fn aud(audience: String) -> Value {
    json!({ "aud": audience })
}

facts! { admits;
    an_audience_and_an_expiry_are_enough: |_| json!({}), None;
    the_audience_may_say_https: |at| aud(format!("{}/client/hubs/chat", at.replace("http", "https"))), None;
    the_audience_is_case_insensitive: |at| aud(format!("{at}/CLIENT/hubs/Chat")), None;
    the_audience_may_be_the_other_form_of_the_url: |at| aud(format!("{at}/client/?hub=chat")), None;
    the_audience_may_be_one_of_several: |at| json!({ "aud": ["https://elsewhere/", format!("{at}/client/hubs/chat")] }), None;
    an_audience_of_the_websocket_scheme_is_refused: |at| aud(format!("{}/client/hubs/chat", at.replace("http", "ws"))), Some(401);
    an_audience_of_another_hub_is_refused: |at| aud(format!("{at}/client/hubs/other")), Some(401);
    an_audience_that_only_begins_with_the_hub_is_refused: |at| aud(format!("{at}/client/hubs/chatter")), Some(401);
    an_audience_of_another_host_is_refused: |_| aud("http://localhost:1/client/hubs/chat".to_owned()), Some(401);
    an_audience_of_the_rest_api_is_refused: |at| aud(format!("{at}/api/hubs/chat")), Some(401);
    a_token_without_an_audience_is_refused: |_| json!({ "aud": null }), Some(401);
    a_token_without_an_expiry_is_refused: |_| json!({ "exp": null }), Some(401);
    an_expiry_that_is_not_a_number_is_refused: |_| json!({ "exp": "soon" }), Some(401);
    an_expired_token_is_refused: |_| json!({ "exp": 1_000_000_000 }), Some(401);
    a_token_of_the_future_is_refused: |_| json!({ "nbf": 3_999_999_999_i64 }), Some(401);
    the_issuer_and_the_time_of_issue_are_ignored: |_| json!({ "iss": "anybody", "iat": 1 }), None;
    a_token_needs_no_user: |_| json!({ "sub": null }), None;
    unknown_roles_are_ignored: |_| json!({ "role": ["nonsense", "webpubsub.nonsense", ""] }), None;
    an_invalid_group_is_a_bad_request: |_| json!({ "webpubsub.group": ["good", " "] }), Some(400);
    a_group_that_is_too_long_is_a_bad_request: |_| json!({ "webpubsub.group": "g".repeat(1025) }), Some(400);
}

/// Connects with a token made from valid claims.
async fn takes(token: impl FnOnce(&Value) -> String, refused_with: Option<u16>) {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "aud": format!("{}/client/hubs/chat", emulator.endpoint()), "exp": 4_000_000_000_i64 });
    let path = format!("/client/hubs/chat?access_token={}", token(&claims));

    assert_eq!(emulator.refusal_at(&path).await, refused_with);
}

facts! { takes;
    tokens_are_signed_with_hs256: |claims| sign(claims, KEY), None;
    another_key_is_refused: |claims| sign(claims, "x".repeat(32)), Some(401);
    an_unsigned_token_is_refused: |claims| without_signature(&sign_as("none", claims, KEY)), Some(401);
    a_token_that_says_none_but_is_signed_is_refused: |claims| sign_as("none", claims, KEY), Some(401);
    a_token_that_says_another_algorithm_is_refused: |claims| sign_as("RS256", claims, KEY), Some(401);
    a_token_without_a_signature_is_refused: |claims| without_signature(&sign(claims, KEY)), Some(401);
    a_signature_of_other_claims_is_refused: tampered, Some(401);
    text_that_is_not_a_token_is_refused: |_| "nonsense".to_owned(), Some(401);
    dots_alone_are_refused: |_| "..".to_owned(), Some(401);
    an_empty_token_is_refused: |_| String::new(), Some(401);
    claims_that_are_not_an_object_are_refused: |_| sign(&json!([1]), KEY), Some(401);
}

fn without_signature(token: &str) -> String {
    format!("{}.", token.rsplit_once('.').unwrap().0)
}

fn tampered(claims: &Value) -> String {
    let genuine = sign(claims, KEY);
    let mut wider = claims.clone();
    wider["role"] = json!("webpubsub.sendToGroup");
    let forged = sign(&wider, "x".repeat(32));
    let (_, signature) = genuine.rsplit_once('.').unwrap();
    format!("{}.{signature}", forged.rsplit_once('.').unwrap().0)
}

#[tokio::test]
async fn a_client_without_a_token_is_refused() {
    let emulator = TestEmulator::start().await;

    assert_eq!(emulator.refusal_at("/client/hubs/chat").await, Some(401));
}

#[tokio::test]
async fn either_key_signs_tokens() {
    let (first, second) = ("1".repeat(32), "2".repeat(32));
    let keys = Keys::new(&first, Some(&second)).unwrap();
    let emulator = TestEmulator::with(Config::default().with_keys(keys)).await;
    let claims = json!({ "aud": format!("{}/client/hubs/chat", emulator.endpoint()), "exp": 4_000_000_000_i64 });

    for key in [first, second] {
        let path = format!("/client/hubs/chat?access_token={}", sign(&claims, &key));
        assert_eq!(emulator.refusal_at(&path).await, None);
    }
}

#[tokio::test]
async fn roles_and_groups_may_be_a_string_or_a_list() {
    let emulator = TestEmulator::start().await;
    let one = json!({ "role": "webpubsub.joinLeaveGroup", "webpubsub.group": "g" });
    let many =
        json!({ "role": ["other", "webpubsub.joinLeaveGroup"], "webpubsub.group": ["f", "g"] });

    for claims in [one, many] {
        let mut client = emulator.connect(Some(JSON), claims).await;
        client.connected().await;
        let joined = client
            .ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
            .await;
        assert_eq!(joined, Ok(()));
        emulator.send_text("groups/g/:send", "hi").await;
        assert_eq!(client.next().await["data"], "hi");
        client.close("bye").await;
    }
}

#[tokio::test]
async fn the_user_is_the_optional_subject() {
    let emulator = TestEmulator::start().await;

    for (claims, user) in [
        (json!({ "sub": "ann" }), json!("ann")),
        (json!({ "sub": "Jürgen +1/2" }), json!("Jürgen +1/2")),
        (json!({ "sub": "" }), json!(null)),
        (json!({}), json!(null)),
    ] {
        let mut client = emulator.connect(Some(JSON), claims).await;
        assert_eq!(client.next().await["userId"], user);
    }
}

#[tokio::test]
async fn other_claims_are_passed_to_the_connect_event() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let claims = json!({ "team": ["x", "y"], "level": 3, "vip": true });
    let _client = emulator.connect(Some(JSON), claims).await;

    let told = handler.next_named("connect").await.json()["claims"].clone();
    assert_eq!(
        (&told["team"], &told["level"], &told["vip"]),
        (&json!(["x", "y"]), &json!(["3"]), &json!(["true"]))
    );
}

#[tokio::test]
async fn five_minutes_of_skew_are_tolerated() {
    let emulator = TestEmulator::start().await;
    let answered = emulator
        .rest("POST", ":generateToken?minutesToExpire=5", "", "")
        .await;
    let token = answered.json()["token"].as_str().unwrap().to_owned();
    let path = format!("/client/hubs/chat?access_token={token}");

    emulator.clock.advance(Duration::from_secs(9 * 60));
    assert_eq!(emulator.refusal_at(&path).await, None);

    emulator.clock.advance(Duration::from_secs(2 * 60));
    assert_eq!(emulator.refusal_at(&path).await, Some(401));
}

#[tokio::test]
async fn an_open_socket_outlives_its_token() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let century = Duration::from_secs(100 * 365 * 24 * 3600);
    emulator.clock.advance(century);

    assert!(ann.until_pong().await.is_empty());
    assert_eq!(emulator.refusal(json!({})).await, Some(401));
}

#[tokio::test]
async fn a_client_is_refused_before_the_upgrade_without_a_reason() {
    let emulator = TestEmulator::start().await;
    let path = "/client/hubs/chat?access_token=nonsense";

    let (_, head) = emulator.raw_handshake(path, "").await;

    assert!(head.starts_with("http/1.1 401 "), "{head}");
    assert!(head.contains("content-length: 0"), "{head}");
    let mut good = Client::connect(
        emulator.addr,
        emulator.client_path("chat", json!({})),
        Some(JSON.to_owned()),
    )
    .await;
    good.connected().await;
}
