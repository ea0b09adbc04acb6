//! A deployment without any key: the handler uses its managed identity to get client tokens from the
//! service, and the service's webhooks carry Entra tokens.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use emulator::{Config, Timing, Tls};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::serve::Process;
use crate::support::{Answer, Issuer, Script, TestApp, fresh_folder};

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

/// A platform that refuses every token.
async fn platform_without_identity() -> String {
    const REFUSAL: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(REFUSAL).await;
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_negotiate_that_gets_no_token_spends_no_invite() {
    let store = format!("sqlite:{}", fresh_folder().join("switchboard.db").display());
    let settings = [
        ("STORE", &*store),
        ("ALLOW_ANONYMOUS", "true"),
        ("API_TOKEN", TestApp::API_TOKEN),
    ];
    let app = TestApp::with(&settings).await;
    let room = json!({ "access": "invite" });
    app.back_end(Method::PUT, "/api/rooms/lobby", &room).await;
    let terms = json!({ "role": "writer" });
    let invite = app
        .back_end(Method::POST, "/api/rooms/lobby/invites", &terms)
        .await;
    let wanted = json!({
        "room_id": "lobby", "username": "alice", "role": "writer",
        "invite": invite.json()["invite"],
    })
    .to_string();
    let platform = format!("{}/msi/token", platform_without_identity().await);
    let port = free_port();
    let process = [
        ("PORT", &*port.to_string()),
        ("AZURE_WEB_PUBSUB_CONNECTION_STRING", ""),
        ("AZURE_WEB_PUBSUB_ENDPOINT", "https://localhost:9"),
        ("STATE_SECRET", "the-secret-of-this-deployment-of-32-bytes"),
        ("WEBHOOK_ISSUER", "https://localhost:9/entra/v2.0"),
        ("WEBHOOK_AUDIENCE", RESOURCE),
        ("WEBHOOK_CALLER", CALLER),
        ("IDENTITY_ENDPOINT", &platform),
        ("IDENTITY_HEADER", "the-identity-header"),
    ];
    let _handler = Process::start(&[], &[&settings[..], &process[..]].concat()).await;

    let url = format!("http://127.0.0.1:{port}/api/negotiate");
    let failed = Answer::of(app.post_url(&url).body(wanted.clone())).await;
    let admitted = Answer::of(app.call(Method::POST, "/api/negotiate").body(wanted)).await;

    failed.assert_problem(503, "unavailable");
    assert_eq!(admitted.status, 200, "{}", admitted.body);
}
