//! 5.2: headers that a handler sets and gets back.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{Answer, Handler, TestEmulator, handled};

fn with_state(state: &'static str) -> Answer {
    Response::builder()
        .header("ce-connectionState", state)
        .body(Full::<Bytes>::default())
        .unwrap()
}

#[tokio::test]
async fn a_state_is_sent_until_it_is_replaced_even_by_an_empty_one() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" => with_state("s1"),
        "set" => with_state("s2"),
        "clear" => with_state(""),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    let mut states = Vec::new();
    for (n, name) in ["set", "keep", "clear", "last"].into_iter().enumerate() {
        let frame: Value = json!({ "type": "event", "event": name, "ackId": n, "data": 1 });
        ann.ask(frame).await.unwrap();
        let seen = handler.next_named(name).await;
        states.push(seen.header("ce-connectionstate").map(str::to_owned));
    }

    let expected = ["s1", "s2", "s2", ""].map(|state| Some(state.to_owned()));
    assert_eq!(states, expected);
}

#[tokio::test]
async fn three_kilobytes_of_state_are_sent_back() {
    let state: &'static str = "s".repeat(3 * 1024).leak();
    let handler = Handler::answering(move |seen| match seen.event() {
        "connect" => with_state(state),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let _ann = emulator.member("ann", &[]).await;

    let connected = handler.next_named("connected").await;
    assert_eq!(connected.header("ce-connectionstate"), Some(state));
}

#[tokio::test]
async fn cookies_are_sent_back_for_their_connection() {
    let handler = Handler::answering(|seen| match (seen.event(), seen.header("ce-userid")) {
        ("connect", Some("ann")) => Response::builder()
            .header("Set-Cookie", "a=1; Path=/; HttpOnly")
            .header("Set-Cookie", "b=2")
            .body(Full::default())
            .unwrap(),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let _ann = emulator.member("ann", &[]).await;
    let of_ann = handler.next_named("connected").await;
    let _bob = emulator.member("bob", &[]).await;
    let of_bob = handler.next_named("connected").await;

    assert_eq!(of_ann.header("cookie"), Some("a=1; b=2"));
    assert_eq!(of_bob.header("cookie"), None);
}

#[tokio::test]
async fn metadata_travels_both_ways() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Response::builder()
            .header("content-type", "text/plain")
            .header("x-webpubsub-metadata-B", "2")
            .body(Full::from("reply"))
            .unwrap(),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with(handled(&handler)).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "event", "event": "e", "metadata": { "A": "1" } }))
        .await;

    assert_eq!(ann.next().await["metadata"], json!({ "b": "2" }));
    let seen = handler.next_named("e").await;
    assert_eq!(seen.header("x-webpubsub-metadata-a"), Some("1"));
}
