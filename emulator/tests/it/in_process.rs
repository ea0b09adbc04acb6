//! A handler in the emulator's process.

use std::net::SocketAddr;

use emulator::{Config, EventHandler, HubConfig};
use http::Method;
use serde_json::json;
use tokio::io::{DuplexStream, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::support::{Handler, JSON, TestEmulator, short_pauses};

/// No socket reaches this address.
const AUTHORITY: &str = "handler.example.test:81";

fn config(connections: mpsc::UnboundedSender<DuplexStream>) -> Config {
    let url = format!("http://{AUTHORITY}/events/{{event}}");
    let hub = HubConfig::default().with_handler(EventHandler::all(&url).unwrap());
    Config::default()
        .with_hub("chat", hub)
        .with_timing(short_pauses())
        .with_handlers_in_process(AUTHORITY, connections)
}

/// Connects the emulator's streams with a handler. Each change of `cut` closes those so far.
fn lead_to(handler: SocketAddr, cut: &watch::Sender<()>) -> mpsc::UnboundedSender<DuplexStream> {
    let (connections, mut accepted) = mpsc::unbounded_channel();
    let cut = cut.subscribe();
    tokio::spawn(async move {
        while let Some(mut stream) = accepted.recv().await {
            let mut cut = cut.clone();
            cut.mark_unchanged();
            tokio::spawn(async move {
                let mut socket = TcpStream::connect(handler).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut stream, &mut socket) => {}
                    _ = cut.changed() => {}
                }
            });
        }
    });
    connections
}

#[tokio::test]
async fn it_gets_every_event_without_a_socket() {
    let handler = Handler::saying("greet", 200, Some("text/plain"), b"hello").await;
    let cut = watch::Sender::new(());
    let emulator = TestEmulator::with(config(lead_to(handler.addr, &cut))).await;

    let mut client = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;
    client.connected().await;
    client
        .send(json!({ "type": "event", "event": "greet", "dataType": "text", "data": "hi" }))
        .await;

    assert_eq!(client.next().await["data"], "hello");
    let mut events = Vec::new();
    for _ in 0..4 {
        let seen = handler.next().await;
        assert_eq!(seen.header("host"), Some(AUTHORITY));
        let event = seen.path.strip_prefix("/events/").unwrap().to_owned();
        assert_eq!(seen.method == Method::OPTIONS, event == "validate");
        events.push(event);
    }
    events.sort();
    assert_eq!(events, ["connect", "connected", "greet", "validate"]);
}

#[tokio::test]
async fn a_connection_that_it_closed_is_replaced() {
    let handler = Handler::saying("greet", 200, Some("text/plain"), b"hello").await;
    let cut = watch::Sender::new(());
    let emulator = TestEmulator::with(config(lead_to(handler.addr, &cut))).await;
    let mut client = emulator.connect(Some(JSON), json!({})).await;
    client.connected().await;

    for ack in 0..20 {
        client
            .send(json!({ "type": "event", "event": "greet", "ackId": ack, "dataType": "text", "data": "hi" }))
            .await;
        assert_eq!(client.next().await["data"], "hello");
        assert_eq!(client.next().await["success"], true);
        cut.send_replace(());
    }
}

#[tokio::test]
async fn one_that_has_stopped_refuses_clients() {
    let (connections, accepted) = mpsc::unbounded_channel();
    drop(accepted);
    let emulator = TestEmulator::with(config(connections)).await;

    assert_eq!(emulator.refusal(json!({})).await, Some(500));
}
