//! Microsoft's packages for Node cannot tell the difference.

use emulator::{Config, EventHandler, HubConfig};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::npm::Program;

#[derive(Deserialize)]
struct Listening {
    /// Of the script's event handler, if it has one.
    port: Option<u16>,
}

/// Runs a script against an emulator of its own; its assertions are the test.
async fn passes(script: &str) {
    let mut program = Program::start("packages", script);
    let Listening { port } = program.read().await;
    let mut hub = HubConfig::default();
    if let Some(port) = port {
        hub =
            hub.with_handler(EventHandler::all(&format!("http://127.0.0.1:{port}/hook/")).unwrap());
    }
    let config = Config::default().with_hub("chat", hub).with_control();
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
async fn the_client_loses_and_doubles_nothing_when_its_socket_breaks() {
    passes("client.mjs").await;
}

#[tokio::test]
async fn the_express_middleware_handles_events() {
    passes("express.mjs").await;
}
