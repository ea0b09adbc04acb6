//! 4.1: simple WebSocket clients.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Answer, Client, Handler, JSON, TestEmulator, facts};

#[tokio::test]
async fn each_frame_is_the_event_message() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut client = emulator.connect(None, json!({ "sub": "ann" })).await;

    client.send_message("{\"type\":\"ping\"}".into()).await;
    client.send_message(Message::binary(vec![0, 1])).await;

    let text = handler.next_named("message").await;
    assert_eq!(
        text.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(&text.body[..], b"{\"type\":\"ping\"}");
    let binary = handler.next_named("message").await;
    assert_eq!(
        binary.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(&binary.body[..], [0, 1]);
    assert_eq!(binary.header("ce-subprotocol"), None);
}

/// Checks the frame for a handler's answer.
async fn replied(content_type: Option<&'static str>, body: &'static [u8], expected: Message) {
    let handler = Handler::saying("message", 200, content_type, body).await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut client = emulator.connect(None, json!({})).await;

    client.send_message("hello".into()).await;

    assert_eq!(client.next_message().await, expected);
}

facts! { replied;
    a_text_answer_is_a_text_frame: Some("text/plain"), b"said", Message::text("said");
    a_json_answer_is_a_text_frame_as_it_was_written: Some("application/json"), b"{ \"a\": 1 }", Message::text("{ \"a\": 1 }");
    a_binary_answer_is_a_binary_frame: Some("application/octet-stream"), &[0, 1], Message::binary(vec![0, 1]);
    an_untyped_answer_is_a_binary_frame: None, b"said", Message::binary(b"said".to_vec());
}

/// Connects with a mode in the URL. The client may send to `g`.
async fn mode(query: &str, refused_with: Option<u16>) {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({ "role": "webpubsub.sendToGroup.g" }));

    let path = format!("{path}&{query}");
    let refused = Client::try_connect(emulator.addr, &path, None).await.err();

    assert_eq!(refused, refused_with, "{query}");
}

facts! { mode;
    events: "webpubsub_mode=sendEvent", None;
    a_group: "webpubsub_mode=sendToGroup&group=g", None;
    modes_are_case_insensitive: "webpubsub_mode=SENDTOGROUP&group=g", None;
    a_group_is_needed: "webpubsub_mode=sendToGroup", Some(400);
    an_invalid_group_is_refused: "webpubsub_mode=sendToGroup&group=%20", Some(400);
    no_echo_is_a_boolean_in_any_letter_case: "webpubsub_mode=sendToGroup&group=g&noEcho=TRUE", None;
    no_echo_may_be_false: "webpubsub_mode=sendToGroup&group=g&noEcho=false", None;
    a_no_echo_that_is_not_a_boolean_is_refused: "webpubsub_mode=sendToGroup&group=g&noEcho=1", Some(400);
    an_empty_no_echo_is_refused: "webpubsub_mode=sendToGroup&group=g&noEcho=", Some(400);
    another_mode_is_refused: "webpubsub_mode=broadcast&group=g", Some(400);
}

#[tokio::test]
async fn the_mode_of_a_client_with_a_subprotocol_is_ignored() {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({}));

    let path = format!("{path}&webpubsub_mode=nonsense");

    assert_eq!(emulator.refusal_at(&path).await, None);
}

/// A client of the group `g` that publishes its frames there.
async fn publisher(emulator: &TestEmulator, more: &str) -> Client {
    let claims = json!({ "sub": "ann", "role": "webpubsub.sendToGroup.g", "webpubsub.group": "g" });
    let path = emulator.client_path("chat", claims);
    let path = format!("{path}&webpubsub_mode=sendToGroup&group=g{more}");
    Client::connect(emulator.addr, path, None).await
}

#[tokio::test]
async fn a_client_may_publish_its_frames_to_a_group() {
    let emulator = TestEmulator::start().await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let mut ann = publisher(&emulator, "").await;

    ann.send_message("hello".into()).await;
    ann.send_message(Message::binary(vec![0, 1])).await;

    assert_eq!(
        bob.next().await,
        json!({ "type": "message", "from": "group", "group": "g", "fromUserId": "ann", "dataType": "text", "data": "hello" })
    );
    assert_eq!(bob.next().await["data"], "AAE=");
    assert_eq!(ann.next_text().await, "hello");
    assert_eq!(ann.next_binary().await, [0, 1]);
}

#[tokio::test]
async fn a_publisher_may_suppress_its_echo() {
    let emulator = TestEmulator::start().await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let mut ann = publisher(&emulator, "&noEcho=true").await;
    ann.send_message("quiet".into()).await;
    assert_eq!(bob.next().await["data"], "quiet");

    emulator.send_text("groups/g/:send", "for all").await;

    assert_eq!(ann.next_text().await, "for all");
}

#[tokio::test]
async fn a_publisher_without_the_role_is_ignored() {
    let emulator = TestEmulator::start().await;
    let mut bob = emulator.member("bob", &["h"]).await;
    let path = emulator.client_path("chat", json!({ "webpubsub.group": "h" }));
    let path = format!("{path}&webpubsub_mode=sendToGroup&group=h");
    let mut eve = Client::connect(emulator.addr, path, None).await;

    eve.send_message("hello".into()).await;
    emulator.send_text("groups/h/:send", "after").await;

    assert_eq!(eve.next_text().await, "after");
    assert_eq!(bob.next().await["data"], "after");
}

#[tokio::test]
async fn a_simple_client_gets_only_bare_messages() {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "sub": "ann", "webpubsub.group": "g" });
    let mut simple = emulator.connect(None, claims).await;
    let mut sender = emulator.member("bob", &[]).await;
    let send = |kind: &str, data: &str| json!({ "type": "sendToGroup", "group": "g", "dataType": kind, "data": data });

    sender.send(send("text", "hi")).await;
    sender.send(send("json", "hi")).await;
    sender.send(send("binary", "AAE=")).await;
    sender.send(send("protobuf", "AgM=")).await;

    // It got no `connected` frame.
    assert_eq!(simple.next_text().await, "hi");
    assert_eq!(simple.next_text().await, "\"hi\"");
    assert_eq!(simple.next_binary().await, [0, 1]);
    assert_eq!(simple.next_binary().await, [2, 3]);
}

#[tokio::test]
async fn an_event_without_a_handler_drops_the_client() {
    let emulator = TestEmulator::start().await;
    let mut client = emulator.connect(None, json!({})).await;

    client.send_message("hello".into()).await;

    let closed = client.closed().await;
    assert_eq!(closed, (1011, "Internal server error".to_owned()));
}

#[tokio::test]
async fn a_failed_event_drops_the_client() {
    let handler = Handler::answering(|seen| match seen.event() {
        "message" => Handler::status(400),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut client = emulator.connect(None, json!({})).await;

    client.send_message("hello".into()).await;

    assert_eq!(client.closed().await.0, 1011);
    let why = handler.next_named("disconnected").await.json();
    assert_eq!(why, json!({ "reason": "Internal server error" }));
}

#[tokio::test]
async fn a_closed_client_gets_only_the_close_frame() {
    let emulator = TestEmulator::start().await;
    let mut client = emulator.connect(None, json!({ "sub": "ann" })).await;

    let path = "users/ann/:closeConnections?reason=x";
    emulator.status("POST", path).await;

    assert_eq!(client.closed().await, (1000, String::new()));
}

#[tokio::test]
async fn simple_and_other_clients_share_a_hub() {
    let emulator = TestEmulator::start().await;
    let mut simple = emulator.connect(None, json!({})).await;
    let mut json_client = emulator.connect(Some(JSON), json!({})).await;
    json_client.connected().await;

    emulator.send_text(":send", "for all").await;

    assert_eq!(simple.next_text().await, "for all");
    assert_eq!(json_client.next().await["data"], "for all");
}
