//! A deployment without any key: the handler uses its managed identity to get client tokens from the
//! service, and the service's webhooks carry Entra tokens.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use emulator::{Config, Timing, Tls};
use serde_json::json;

use crate::serve::Process;
use crate::support::{Issuer, Script};

const RESOURCE: &str = "api://the-handler";
/// The identity under which the emulated service calls.
const CALLER: &str = "e0000000-0000-4000-8000-000000000002";

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn handler_of(events: serde_json::Value, function: &str, port: u16) -> serde_json::Value {
    let mut handler = events;
    handler["UrlTemplate"] = json!(format!("http://127.0.0.1:{port}/api/{function}"));
    handler["Auth"] =
        json!({ "Type": "ManagedIdentity", "ManagedIdentity": { "Resource": RESOURCE } });
    handler
}

#[tokio::test]
async fn clients_meet_in_a_room_without_any_key() {
    let mut platform = Issuer::start().await;
    platform.add_key("RS256", "a").await;
    let (port, tls) = (
        free_port(),
        Tls::self_signed(Ipv4Addr::LOCALHOST.into()).unwrap(),
    );
    let certificate = Path::new(env!("CARGO_TARGET_TMPDIR")).join("managed-identity.pem");
    fs::write(&certificate, tls.certificate_pem()).unwrap();
    let system =
        json!({ "SystemEvents": ["connect", "connected", "disconnected"], "EventPattern": "" });
    let user = json!({ "SystemEvents": [], "EventPattern": "*" });
    let handlers = [
        handler_of(system, "connect_event", port),
        handler_of(user, "message_event", port),
    ];
    let hubs = json!({ "WebPubSub": { "Hubs": { "ViewerHub": { "EventHandlers": handlers } } } });
    let config = Config::from_json(&hubs.to_string()).unwrap();
    // Simulated latency: the client mishandles a refusal that arrives immediately.
    let timing = Timing {
        latency: Duration::from_millis(10),
        ..Timing::default()
    };
    let config = config
        .with_tls(tls)
        .accepting_entra_tokens()
        .with_timing(timing);
    let listener = emulator::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let endpoint = config.endpoint(listener.local_addr().unwrap());
    tokio::spawn(emulator::run(listener, config, std::future::pending()));
    let _handler = Process::start(
        &[],
        &[
            ("PORT", &port.to_string()),
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", ""),
            ("AZURE_WEB_PUBSUB_ENDPOINT", &endpoint),
            ("STATE_SECRET", "the-secret-of-this-deployment-of-32-bytes"),
            ("WEBHOOK_ISSUER", &format!("{endpoint}/entra/v2.0")),
            ("WEBHOOK_AUDIENCE", RESOURCE),
            ("WEBHOOK_CALLER", CALLER),
            ("IDENTITY_ENDPOINT", &format!("{}/msi/token", platform.url)),
            ("IDENTITY_HEADER", "the-identity-header"),
            ("SSL_CERT_FILE", certificate.to_str().unwrap()),
        ],
    )
    .await;

    let base = format!("http://127.0.0.1:{port}");
    let mut room = Script::start_trusting("room.mjs", &[&base], Some(&certificate)).await;
    let seen = room.read().await;

    assert_eq!(seen["data"], json!({ "type": "chat", "message": "Hello!" }));
    assert_eq!(seen["fromUserId"], "alice");
    assert_eq!(seen["readerSends"], "Forbidden");
    let mut frames = Script::start_trusting("frames.mjs", &[&base], Some(&certificate)).await;
    assert_eq!(
        frames.read().await[0],
        json!({ "type": "pong", "timestamp": "t" })
    );
}
