//! HTTPS for clients and for handlers.

use emulator::{Config, EventHandler, HubConfig, Tls};
use serde_json::json;

use crate::support::{Client, Handler, JSON, TestEmulator, short_pauses};

async fn secure_handler() -> (Handler, Config) {
    let handler = Handler::silent_over_tls().await;
    let hub = HubConfig::default().with_handler(EventHandler::all(&handler.template()).unwrap());
    let config = Config::default()
        .with_hub("chat", hub)
        .with_timing(short_pauses());
    (handler, config)
}

#[tokio::test]
async fn settings_can_trust_any_certificate_of_a_local_handler() {
    let (handler, config) = secure_handler().await;
    let emulator = TestEmulator::with(config.trusting_loopback_handlers()).await;

    let _client = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;

    let connected = handler.next_named("connected").await;
    assert_eq!(connected.header("ce-userid"), Some("ann"));
}

#[tokio::test]
async fn a_handler_with_an_untrusted_certificate_gets_no_events() {
    let (_handler, config) = secure_handler().await;
    let emulator = TestEmulator::with(config).await;

    let path = emulator.client_path("chat", json!({}));
    let refused = Client::try_connect(emulator.addr, &path, Some(JSON)).await;

    assert_eq!(refused.err(), Some(500));
}

#[tokio::test]
async fn plain_http_still_works_beside_https() {
    let tls = Tls::self_signed("127.0.0.1".parse().unwrap()).unwrap();
    let emulator = TestEmulator::with(Config::default().with_tls(tls)).await;

    let mut member = emulator.member("ann", &[]).await;
    emulator.send_text(":send", "hello").await;

    assert_eq!(member.next().await["data"], "hello");
}
