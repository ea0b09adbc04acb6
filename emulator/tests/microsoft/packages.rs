//! Microsoft's packages for Node and Python work unchanged.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use emulator::{Config, EventHandler, HubConfig, Timing, Tls};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::program::Program;

#[derive(Deserialize)]
struct Listening {
    /// The port of the script's event handler, if it has one.
    port: Option<u16>,
}

/// Runs a script against its own emulator. The assertions of the script are the test.
async fn passes(script: &str) {
    passes_with(
        script,
        Program::start("packages", script),
        Config::default(),
    )
    .await;
}

/// The same over HTTPS. The script trusts the emulator's certificate.
async fn passes_over_https(script: &str, config: Config) {
    let tls = Tls::self_signed(Ipv4Addr::LOCALHOST.into()).unwrap();
    let certificate =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{script}-{}.pem", std::process::id()));
    std::fs::write(&certificate, tls.certificate_pem()).unwrap();
    let trust = [("NODE_EXTRA_CA_CERTS", certificate.as_path())];
    let program = Program::start_with("packages", script, trust);

    passes_with(script, program, config.with_tls(tls)).await;

    std::fs::remove_file(certificate).unwrap();
}

/// Runs a script in Python, with a little latency: Python's client misses replies that arrive
/// before it waits for them.
async fn passes_in_python(script: &str) {
    let timing = Timing {
        latency: Duration::from_millis(10),
        ..Timing::default()
    };
    let program = Program::start("python", script);
    passes_with(script, program, Config::default().with_timing(timing)).await;
}

async fn passes_with(script: &str, mut program: Program, config: Config) {
    let Listening { port } = program.read().await;
    let mut hub = HubConfig::default();
    if let Some(port) = port {
        hub =
            hub.with_handler(EventHandler::all(&format!("http://127.0.0.1:{port}/hook/")).unwrap());
    }
    let config = config.with_hub("chat", hub).with_control();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    program
        .write(&config.connection_string(listener.local_addr().unwrap()))
        .await;
    tokio::spawn(emulator::run(listener, config, std::future::pending()));

    assert!(program.succeeds().await, "{script} failed");
}

#[tokio::test]
async fn every_method_of_the_service_client_works() {
    passes("service.mjs").await;
}

#[tokio::test]
async fn the_client_gets_every_message_once_when_its_socket_breaks() {
    passes("client.mjs").await;
}

#[tokio::test]
async fn streams_continue_when_the_sockets_of_both_sides_break() {
    passes("streams.mjs").await;
}

#[tokio::test]
async fn the_express_middleware_handles_events() {
    passes("express.mjs").await;
}

#[tokio::test]
async fn an_application_that_refuses_plain_http_works_unchanged() {
    passes_over_https("https.mjs", Config::default()).await;
}

#[tokio::test]
async fn an_entra_credential_works_instead_of_the_access_key() {
    passes_over_https("entra.mjs", Config::default().accepting_entra_tokens()).await;
}

#[tokio::test]
async fn every_method_of_pythons_service_client_works() {
    passes_in_python("service.py").await;
}

#[tokio::test]
async fn pythons_client_gets_every_message_once_when_its_socket_breaks() {
    passes_in_python("client.py").await;
}
