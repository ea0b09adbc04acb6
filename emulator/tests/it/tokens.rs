//! Who may connect (reference 1.2, 1.3).

use std::time::Duration;

use emulator::{Config, HubConfig, Keys};
use serde_json::json;

use crate::support::{Client, JSON, TestEmulator, sign};

async fn refusal(emulator: &TestEmulator, path: &str) -> Option<u16> {
    Client::try_connect(emulator.addr, path, Some(JSON))
        .await
        .err()
}

#[tokio::test]
async fn without_a_good_token_a_client_is_refused_before_the_upgrade() {
    let emulator = TestEmulator::start().await;
    let foreign = sign(
        &json!({ "aud": format!("{}/client/hubs/chat", emulator.endpoint()), "exp": 4_000_000_000_i64 }),
        &"x".repeat(32),
    );

    assert_eq!(refusal(&emulator, "/client/hubs/chat").await, Some(401));
    assert_eq!(
        refusal(&emulator, "/client/hubs/chat?access_token=nonsense").await,
        Some(401)
    );
    assert_eq!(
        refusal(
            &emulator,
            &format!("/client/hubs/chat?access_token={foreign}")
        )
        .await,
        Some(401)
    );
    assert_eq!(
        refusal(
            &emulator,
            &emulator.client_path("chat", json!({ "exp": 1000 }))
        )
        .await,
        Some(401)
    );
    assert_eq!(
        refusal(
            &emulator,
            &emulator.client_path("chat", json!({ "webpubsub.group": [" "] }))
        )
        .await,
        Some(400)
    );
    let other_hub = emulator.token("other", json!({}));
    assert_eq!(
        refusal(
            &emulator,
            &format!("/client/hubs/chat?access_token={other_hub}")
        )
        .await,
        Some(401)
    );
    assert_eq!(
        refusal(&emulator, &emulator.client_path("1bad", json!({}))).await,
        Some(400)
    );
}

#[tokio::test]
async fn hub_names_know_no_letter_case() {
    let emulator = TestEmulator::start().await;
    let token = emulator.token("CHAT", json!({ "sub": "ann" }));

    let mut client = Client::connect(
        emulator.addr,
        format!("/client/hubs/Chat?access_token={token}"),
        Some(JSON.to_owned()),
    )
    .await;

    client.connected().await;
    assert_eq!(emulator.status("HEAD", "users/ann").await, 200);
}

#[tokio::test]
async fn an_open_socket_outlives_its_token() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    emulator
        .clock
        .advance(Duration::from_secs(100 * 365 * 24 * 3600));

    assert!(ann.until_pong().await.is_empty());
    assert_eq!(
        refusal(&emulator, &emulator.client_path("chat", json!({}))).await,
        Some(401)
    );
}

#[tokio::test]
async fn a_hub_may_admit_clients_without_a_token() {
    let config = Config::default().with_hub("chat", HubConfig::default().allowing_anonymous());
    let emulator = TestEmulator::with(config).await;

    let mut client = Client::connect(
        emulator.addr,
        "/client/hubs/chat".to_owned(),
        Some(JSON.to_owned()),
    )
    .await;

    assert_eq!(client.next().await["userId"], json!(null));
    assert_eq!(
        refusal(&emulator, "/client/hubs/chat?access_token=nonsense").await,
        Some(401)
    );
    assert_eq!(refusal(&emulator, "/client/hubs/other").await, Some(401));
}

#[tokio::test]
async fn either_key_signs_tokens() {
    let (first, second) = ("1".repeat(32), "2".repeat(32));
    let emulator =
        TestEmulator::with(Config::default().with_keys(Keys::new(&first, Some(&second)).unwrap()))
            .await;
    let claims = json!({ "aud": format!("{}/client/hubs/chat", emulator.endpoint()), "exp": 4_000_000_000_i64 });

    for key in [first, second] {
        let path = format!("/client/hubs/chat?access_token={}", sign(&claims, &key));
        Client::connect(emulator.addr, path, Some(JSON.to_owned()))
            .await
            .connected()
            .await;
    }
}

#[tokio::test]
async fn a_request_that_is_no_handshake_is_refused() {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({}));
    let request = http::Request::get(format!("{}{path}", emulator.endpoint()))
        .body(Default::default())
        .unwrap();

    assert_eq!(crate::support::call(request).await.status, 400);
}
