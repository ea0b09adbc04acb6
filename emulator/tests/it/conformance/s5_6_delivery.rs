//! 5.6: retries, time limits and order of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use emulator::{Config, EventHandler, HubConfig, Timing};
use serde_json::{Value, json};

use crate::support::{Answer, Handler, TestEmulator, facts, handled, short_pauses};

fn event(name: &str, ack: u64) -> Value {
    json!({ "type": "event", "event": name, "ackId": ack, "dataType": "text", "data": "d" })
}

/// Checks how many times an event is sent if the handler answers with this.
async fn tries(status: u16, expected: usize) {
    let handler = Handler::answering(move |seen| match seen.event() {
        "e" => Handler::status(status),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    let answer = ann.ask(event("e", 1)).await;
    ann.close("bye").await;

    assert_eq!(answer.is_ok(), status < 300);
    let mut ids = Vec::new();
    loop {
        let seen = handler.next().await;
        match seen.event() {
            "e" => ids.push(seen.header("ce-id").unwrap().to_owned()),
            "disconnected" => break,
            _ => {}
        }
    }
    assert_eq!(ids.len(), expected);
    ids.dedup();
    assert_eq!(ids.len(), 1, "a repeat has the same id");
}

facts! { tries;
    a_success_is_final: 200, 1;
    an_empty_success_is_final: 204, 1;
    a_redirection_is_not_followed: 307, 1;
    a_bad_request_is_final: 400, 1;
    a_refusal_is_final: 401, 1;
    too_many_requests_are_final: 429, 1;
    a_timeout_is_retried: 408, 4;
    a_fault_is_retried: 500, 4;
    an_overload_is_retried: 503, 4;
}

#[tokio::test]
async fn an_event_is_retried_after_a_fault_but_not_after_a_refusal() {
    let tries = Arc::new(AtomicU32::new(0));
    let handler = Handler::answering({
        let tries = tries.clone();
        move |seen| match seen.event() {
            "flaky" if tries.fetch_add(1, Ordering::Relaxed) < 2 => Handler::status(503),
            "bad" => Handler::status(400),
            _ => Answer::default(),
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    let flaky = ann.ask(event("flaky", 1)).await;
    let bad = ann.ask(event("bad", 2)).await;

    assert_eq!(
        (flaky, bad),
        (Ok(()), Err("InternalServerError".to_owned()))
    );
    let ids: Vec<_> = [
        handler.next_named("flaky").await,
        handler.next_named("flaky").await,
        handler.next_named("flaky").await,
    ]
    .map(|seen| seen.header("ce-id").unwrap().to_owned())
    .into();
    assert_eq!(ids, ["2", "2", "2"]);
    assert_eq!(handler.next().await.event(), "bad");
    assert_eq!(tries.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn events_of_one_connection_are_sequential_and_those_of_others_parallel() {
    let (handler, release) = Handler::holding().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;
    let mut bob = emulator.member("bob", &[]).await;

    ann.send(event("slow", 1)).await;
    ann.send(event("after", 2)).await;
    handler.next_named("slow").await;
    bob.ask(event("beside", 1)).await.unwrap();
    assert_eq!(
        handler.next_named("beside").await.header("ce-userid"),
        Some("bob")
    );
    release.send_replace(true);

    assert_eq!(ann.next().await["ackId"], 1);
    assert_eq!(ann.next().await["ackId"], 2);
    assert_eq!(handler.next().await.event(), "after");
}

#[tokio::test]
async fn a_hanging_handler_times_out() {
    let handler = Handler::start(|seen| async move {
        match seen.event() {
            "e" => std::future::pending().await,
            _ => Handler::allowing("*"),
        }
    })
    .await;
    let timing = Timing {
        webhook_timeout: Duration::from_millis(50),
        ..Timing::default()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;
    let mut ann = emulator.member("ann", &[]).await;

    assert_eq!(
        ann.ask(event("e", 1)).await,
        Err("InternalServerError".to_owned())
    );
}

#[tokio::test]
async fn an_unreachable_handler_fails_the_event() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let template = format!("http://{}/hook", gone.local_addr().unwrap());
    drop(gone);
    let nowhere = EventHandler::all(&template).unwrap();
    let hub = HubConfig::default().with_handler(nowhere.with_system_events(&[]));
    let config = Config::default().with_hub("chat", hub);
    let emulator = TestEmulator::with(config.with_timing(short_pauses())).await;
    let mut ann = emulator.member("ann", &[]).await;

    let answer = ann.ask(event("e", 1)).await;

    assert_eq!(answer, Err("InternalServerError".to_owned()));
}

#[tokio::test]
async fn a_ping_waits_for_the_event_before_it() {
    let (handler, release) = Handler::holding().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &["g"]).await;

    ann.send(event("slow", 1)).await;
    ann.send(json!({ "type": "ping" })).await;
    handler.next_named("slow").await;
    // Messages from others do not wait.
    emulator.send_text("groups/g/:send", "meanwhile").await;
    assert_eq!(ann.next().await["data"], "meanwhile");
    release.send_replace(true);

    assert_eq!(ann.next().await["type"], "ack");
    assert_eq!(ann.next().await["type"], "pong");
}

#[test]
fn the_default_durations_are_those_of_the_service() {
    let timing = Timing::default();

    assert_eq!(timing.webhook_timeout, Duration::from_secs(100));
    assert_eq!(timing.retry_after, [1, 3, 5].map(Duration::from_secs));
    assert_eq!(timing.validation_timeout, Duration::from_secs(10));
    assert_eq!(timing.revalidate_after, Duration::from_secs(60));
    assert_eq!(timing.recovery_window, Duration::from_secs(30));
}
