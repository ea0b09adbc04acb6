//! 1.3: client URLs.

use emulator::{Config, HubConfig};
use http::Request;
use serde_json::json;

use crate::support::{Client, JSON, TestEmulator, call, facts, status};

/// `{token}` stands for a valid token for the hub `chat`.
async fn leads(path: &str, refused_with: Option<u16>) {
    let emulator = TestEmulator::start().await;
    let path = path.replace("{token}", &emulator.token("chat", json!({})));

    assert_eq!(emulator.refusal_at(&path).await, refused_with, "{path}");
}

facts! { leads;
    the_hub_is_in_the_path: "/client/hubs/chat?access_token={token}", None;
    the_hub_may_be_in_the_query: "/client/?hub=chat&access_token={token}", None;
    the_slash_before_the_query_may_be_missing: "/client?hub=chat&access_token={token}", None;
    hub_names_are_case_insensitive: "/client/hubs/CHAT?access_token={token}", None;
    parameters_may_be_in_any_order: "/client/hubs/chat?x=1&access_token={token}&y=2", None;
    a_missing_hub_is_a_bad_request: "/client/?access_token={token}", Some(400);
    an_empty_hub_is_a_bad_request: "/client/hubs/?access_token={token}", Some(400);
    a_hub_begins_with_a_letter: "/client/hubs/1chat?access_token={token}", Some(400);
    a_hub_has_no_dashes: "/client/hubs/my-chat?access_token={token}", Some(400);
    a_hub_has_no_slashes: "/client/hubs/chat/more?access_token={token}", Some(400);
    mqtt_clients_are_not_served: "/clients/mqtt/hubs/chat?access_token={token}", Some(404);
    socket_io_clients_are_not_served: "/clients/socketio/hubs/chat?access_token={token}", Some(404);
    another_path_is_not_found: "/clients/chat?access_token={token}", Some(404);
}

/// Connects to this hub, with a token for it.
async fn serves(hub: &str, refused_with: Option<u16>) {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path(hub, json!({}));

    assert_eq!(emulator.refusal_at(&path).await, refused_with, "{hub}");
}

facts! { serves;
    a_hub_of_one_letter: "h", None;
    a_hub_of_128_characters: &"h".repeat(128), None;
    no_hub_of_129_characters: &"h".repeat(129), Some(400);
    a_hub_with_every_other_character: "h0_,.", None;
}

#[tokio::test]
async fn the_token_may_be_in_a_header_but_the_query_wins() {
    let emulator = TestEmulator::start().await;
    let token = emulator.token("chat", json!({}));
    let connect = async |query: &str, header: &str| {
        let headers = format!("Authorization: {header}\r\n");
        let path = format!("/client/hubs/chat{query}");
        status(&emulator.raw_handshake(&path, &headers).await.1)
    };
    let in_query = format!("?access_token={token}");

    assert_eq!(connect("", &format!("Bearer {token}")).await, 101);
    assert_eq!(connect("", &format!("bearer {token}")).await, 101);
    assert_eq!(connect("", &format!("Basic {token}")).await, 401);
    assert_eq!(connect("", "Bearer").await, 401);
    assert_eq!(connect(&in_query, "Bearer nonsense").await, 101);
    let nonsense = "?access_token=nonsense";
    assert_eq!(connect(nonsense, &format!("Bearer {token}")).await, 401);
}

#[tokio::test]
async fn a_hub_may_allow_clients_without_a_token() {
    let config = Config::default().with_hub("chat", HubConfig::default().allowing_anonymous());
    let emulator = TestEmulator::with(config).await;

    let path = "/client/hubs/chat".to_owned();
    let mut client = Client::connect(emulator.addr, path, Some(JSON.to_owned())).await;

    assert_eq!(client.next().await["userId"], json!(null));
    let bad = emulator.refusal_at("/client/hubs/chat?access_token=nonsense");
    assert_eq!(bad.await, Some(401));
    assert_eq!(emulator.refusal_at("/client/hubs/other").await, Some(401));
}

/// Sends these headers in place of a valid handshake's.
async fn handshake(headers: &str, answered_with: u16) {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({}));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n",
        emulator.addr
    );

    assert_eq!(emulator.raw_status(request.as_bytes()).await, answered_with);
}

facts! { handshake;
    header_names_and_tokens_are_case_insensitive: "CONNECTION: upgrade\r\nUPGRADE: WebSocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 101;
    an_upgrade_to_something_else_is_refused: "Connection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400;
    another_version_is_refused: "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400;
    a_handshake_without_a_key_is_refused: "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", 400;
    a_plain_request_is_refused: "", 400;
}

#[tokio::test]
async fn a_handshake_is_a_get() {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({}));
    let request = Request::post(format!("{}{path}", emulator.endpoint()))
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Default::default())
        .unwrap();

    assert_eq!(call(request).await.status, 400);
}

/// The example of RFC 6455, section 1.3.
#[tokio::test]
async fn the_key_is_answered_as_specified() {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({}));

    let (_, head) = emulator.raw_handshake(&path, "").await;

    let accept = "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=";
    assert!(head.contains(accept), "{head}");
}
