//! 5.5: user events, whose replies go back to the client.

use emulator::FailingEvents;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Answer, Handler, JSON, PROTOBUF, TestEmulator, facts, handled};

fn event(name: &str, ack: u64) -> Value {
    json!({ "type": "event", "event": name, "ackId": ack, "dataType": "text", "data": "d" })
}

/// Checks the type and bytes that a handler gets for a client's frame.
async fn sends(subprotocol: Option<&str>, frame: Message, content_type: &str, body: &[u8]) {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut client = emulator.connect(subprotocol, json!({})).await;

    client.send_message(frame).await;

    let name = if subprotocol.is_some() {
        "e"
    } else {
        "message"
    };
    let seen = handler.next_named(name).await;
    assert_eq!(seen.header("content-type"), Some(content_type));
    assert_eq!(&seen.body[..], body);
}

const TEXT: &str = "text/plain; charset=utf-8";

facts! { sends;
    a_text_frame: None, Message::text("é"), TEXT, "é".as_bytes();
    an_empty_text_frame: None, Message::text(""), TEXT, b"";
    a_binary_frame: None, Message::binary(vec![0, 255]), "application/octet-stream", &[0, 255];
    text_data: Some(JSON), Message::text(r#"{"type":"event","event":"e","dataType":"text","data":"a\n"}"#), TEXT, b"a\n";
    json_data_as_it_was_written: Some(JSON), Message::text(r#"{"type":"event","event":"e","data": {"x" : 1.0} }"#), "application/json", br#"{"x" : 1.0}"#;
    binary_data: Some(JSON), Message::text(r#"{"type":"event","event":"e","dataType":"binary","data":"AP8="}"#), "application/octet-stream", &[0, 255];
    protobuf_data: Some(JSON), Message::text(r#"{"type":"event","event":"e","dataType":"protobuf","data":"AP8="}"#), "application/x-protobuf", &[0, 255];
    metadata_without_data: Some(JSON), Message::text(r#"{"type":"event","event":"e","metadata":{"a":"1"}}"#), TEXT, b"";
    text_over_protobuf: Some(PROTOBUF), Message::binary(b"\x2a\x09\x0a\x01e\x12\x04\x0a\x02hi".to_vec()), TEXT, b"hi";
    json_over_protobuf: Some(PROTOBUF), Message::binary(b"\x2a\x09\x0a\x01e\x12\x04\x22\x02{}".to_vec()), "application/json", b"{}";
    any_over_protobuf: Some(PROTOBUF), Message::binary(b"\x2a\x09\x0a\x01e\x12\x04\x1a\x02\x01\x02".to_vec()), "application/x-protobuf", &[1, 2];
}

/// Collects the frames before the pong if the handler answers with this.
async fn fails(status: u16, content_type: &'static str, body: &'static [u8]) {
    let handler = Handler::saying("e", status, Some(content_type), body).await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(event("e", 1)).await;
    ann.send(json!({ "type": "event", "event": "e", "dataType": "text", "data": "unasked" }))
        .await;

    let error = json!({ "name": "InternalServerError", "message": "Internal server error" });
    let expected = json!({ "type": "ack", "ackId": 1, "success": false, "error": error });
    assert_eq!(ann.until_pong().await, [expected]);
}

facts! { fails;
    a_bad_request: 400, "text/plain", b"a secret";
    a_refusal: 403, "application/json", b"{}";
    a_fault: 500, "text/plain", b"a secret";
    a_redirection: 302, "text/plain", b"";
    a_type_that_clients_cannot_receive: 200, "text/html", b"<p>";
    invalid_json: 200, "application/json", b"{";
    invalid_text: 200, "text/plain", &[0xff];
}

#[tokio::test]
async fn a_failed_event_may_be_retried_with_its_ack_id() {
    let handler = Handler::answering({
        let failed = std::sync::atomic::AtomicBool::new(false);
        move |seen| match seen.event() {
            "e" if !failed.swap(true, std::sync::atomic::Ordering::Relaxed) => Handler::status(400),
            _ => Answer::default(),
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    let first = ann.ask(event("e", 1)).await;
    let second = ann.ask(event("e", 1)).await;
    let third = ann.ask(event("e", 1)).await;

    assert_eq!(first, Err("InternalServerError".to_owned()));
    assert_eq!((second, third), (Ok(()), Err("Duplicate".to_owned())));
}

#[tokio::test]
async fn an_event_without_a_handler_fails() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let answer = ann.ask(event("e", 1)).await;

    assert_eq!(answer, Err("InternalServerError".to_owned()));
    assert!(ann.until_pong().await.is_empty());
}

#[tokio::test]
async fn only_the_sender_gets_the_reply() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Handler::text("for ann"),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &["g"]).await;
    let mut bob = emulator.member("bob", &["g"]).await;

    ann.send(event("e", 1)).await;

    assert_eq!(ann.next().await["data"], "for ann");
    assert!(bob.until_pong().await.is_empty());
}

#[tokio::test]
async fn an_answer_of_more_than_sixteen_mebibytes_fails() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Answer::new(vec![b'x'; 16 * 1024 * 1024 + 1].into()),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    let answer = ann.ask(event("e", 1)).await;

    assert_eq!(answer, Err("InternalServerError".to_owned()));
}

#[tokio::test]
async fn a_failing_event_drops_the_client_if_the_settings_say_so() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => Handler::status(400),
        _ => Answer::default(),
    })
    .await;
    let config = handled(&handler).with_failing_events(FailingEvents::DropConnection);
    let emulator = TestEmulator::with(config).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(event("e", 1)).await;

    assert_eq!(ann.closed().await.0, 1011);
}
