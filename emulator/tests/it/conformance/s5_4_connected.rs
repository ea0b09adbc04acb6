//! 5.4: `connected` and `disconnected`, which are not waited for.

use std::time::Duration;

use emulator::{Config, Timing};
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    Answer, Client, Handler, JSON, RELIABLE, TestEmulator, facts, handled, short_pauses,
};

/// How a connection ends.
#[derive(Clone, Copy)]
enum End {
    Says(&'static str),
    SaysNothing,
    Drops,
    IsClosed(&'static str),
    Sends(&'static str),
    SendsTooMuch,
    DoesNotComeBack,
}

async fn reason(end: End, expected: &str) {
    let handler = Handler::silent().await;
    let timing = Timing {
        recovery_window: Duration::from_millis(20),
        ..short_pauses()
    };
    let config: Config = handled(&handler).with_timing(timing);
    let emulator = TestEmulator::with(config).await;
    let protocol = match end {
        End::DoesNotComeBack => RELIABLE,
        _ => JSON,
    };
    let mut ann: Client = emulator
        .connect(Some(protocol), json!({ "sub": "ann" }))
        .await;
    ann.connected().await;

    match end {
        End::Says(reason) => ann.close(reason).await,
        End::SaysNothing => {
            ann.send_message(Message::Close(None)).await;
            ann.closed().await;
        }
        End::Drops | End::DoesNotComeBack => ann.drop_socket(),
        End::IsClosed(query) => {
            let path = format!("users/ann/:closeConnections?{query}");
            emulator.status("POST", &path).await;
            ann.closed().await;
        }
        End::Sends(frame) => {
            ann.send_message(frame.into()).await;
            ann.closed().await;
        }
        End::SendsTooMuch => {
            ann.send_message("x".repeat(1024 * 1024 + 1).into()).await;
            ann.closed().await;
        }
    }

    let told = handler.next_named("disconnected").await;
    assert_eq!(told.json(), json!({ "reason": expected }));
}

facts! { reason;
    the_client_closes_with_a_reason: End::Says("bye"), "bye";
    the_client_closes_without_a_reason: End::SaysNothing, "";
    the_socket_is_dropped: End::Drops, "The connection ended.";
    the_client_is_closed: End::IsClosed(""), "Application server closed the connection.";
    the_client_is_closed_for_a_reason: End::IsClosed("reason=x"), "Application server closed the connection. Reason: x";
    the_client_sends_an_invalid_frame: End::Sends("nonsense"), "The client message is not a valid JSON protocol message.";
    the_client_sends_too_much: End::SendsTooMuch, "The client message is too large.";
    the_client_does_not_recover: End::DoesNotComeBack, "The connection recovery timeout expired.";
}

#[tokio::test]
async fn connected_has_an_empty_body() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let _ann = emulator.member("ann", &[]).await;

    let told: Value = handler.next_named("connected").await.json();
    assert_eq!(told, json!({}));
}

#[tokio::test]
async fn the_answer_to_connected_is_ignored() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connected" => Response::builder()
            .status(400)
            .header("ce-connectionState", "ignored")
            .body(Full::default())
            .unwrap(),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;
    handler.next_named("connected").await;

    ann.ask(json!({ "type": "event", "event": "e", "ackId": 1, "data": 1 }))
        .await
        .unwrap();

    let seen = handler.next_named("e").await;
    assert_eq!(seen.header("ce-connectionstate"), None);
}

#[tokio::test]
async fn a_slow_connected_handler_delays_nothing() {
    let handler = Handler::start(|seen| async move {
        match seen.event() {
            "connected" => std::future::pending().await,
            _ => Handler::allowing("*"),
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    let sent = ann
        .ask(json!({ "type": "event", "event": "e", "ackId": 1, "data": 1 }))
        .await;

    assert_eq!(sent, Ok(()));
}

#[tokio::test]
async fn disconnected_is_sent_once() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    emulator.status("POST", ":closeConnections").await;
    emulator.status("POST", ":closeConnections").await;
    ann.closed().await;

    handler.next_named("disconnected").await;
    let mut bob = emulator.member("bob", &[]).await;
    bob.until_pong().await;
    assert_eq!(handler.next().await.event(), "connect");
}
