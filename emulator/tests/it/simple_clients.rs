//! Simple WebSocket clients (reference 4.1).

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Handler, TestEmulator};

#[tokio::test]
async fn each_frame_is_the_event_message_and_the_reply_comes_back_bare() {
    let handler = Handler::answering(|seen| match seen.event() {
        "message" if seen.body == "json" => Handler::json("{\"a\":1}"),
        "message" => Handler::text("said"),
        _ => Handler::status(204),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut client = emulator.connect(None, json!({ "sub": "ann" })).await;

    client
        .send_message(Message::text("{\"type\":\"ping\"}"))
        .await;
    client.send_message(Message::text("json")).await;
    client.send_message(Message::binary(vec![0, 1])).await;

    assert_eq!(client.next_text().await, "said");
    assert_eq!(client.next_text().await, "{\"a\":1}");
    assert_eq!(client.next_text().await, "said");
    let types: Vec<_> = [
        handler.next_named("message").await,
        handler.next_named("message").await,
        handler.next_named("message").await,
    ]
    .map(|seen| seen.header("content-type").unwrap().to_owned())
    .into();
    assert_eq!(
        types,
        [
            "text/plain; charset=utf-8",
            "text/plain; charset=utf-8",
            "application/octet-stream"
        ]
    );
}

#[tokio::test]
async fn a_frame_that_no_handler_takes_drops_the_client() {
    let emulator = TestEmulator::start().await;
    let mut client = emulator.connect(None, json!({})).await;

    client.send_message(Message::text("hello")).await;

    assert_eq!(
        client.closed().await,
        (1011, "Internal server error".to_owned())
    );
}

#[tokio::test]
async fn a_client_may_publish_every_frame_to_a_group() {
    let emulator = TestEmulator::start().await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let path = emulator.client_path(
        "chat",
        json!({ "sub": "ann", "role": "webpubsub.sendToGroup.g", "webpubsub.group": "g" }),
    );
    let echoing = format!("{path}&webpubsub_mode=sendToGroup&group=g");
    let mut ann = Client::connect(emulator.addr, echoing, None).await;

    ann.send_message(Message::text("hello")).await;

    assert_eq!(bob.next().await["data"], "hello");
    assert_eq!(ann.next_text().await, "hello");
}

#[tokio::test]
async fn a_publisher_can_do_without_its_echo() {
    let emulator = TestEmulator::start().await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let path = emulator.client_path(
        "chat",
        json!({ "role": "webpubsub.sendToGroup.g", "webpubsub.group": "g" }),
    );
    let mut ann = Client::connect(
        emulator.addr,
        format!("{path}&webpubsub_mode=sendToGroup&group=g&noEcho=true"),
        None,
    )
    .await;
    ann.send_message(Message::text("quiet")).await;
    assert_eq!(bob.next().await["data"], "quiet");

    emulator.send_text("groups/g/:send", "for all").await;

    assert_eq!(ann.next_text().await, "for all");
}

#[tokio::test]
async fn the_other_form_of_the_url_leads_to_the_same_hub() {
    let emulator = TestEmulator::start().await;
    let token = emulator.token("chat", json!({ "webpubsub.group": "g" }));

    let mut client = Client::connect(
        emulator.addr,
        format!("/client/?hub=chat&access_token={token}"),
        None,
    )
    .await;

    emulator.send_text("groups/g/:send", "hi").await;
    assert_eq!(client.next_text().await, "hi");
}

#[tokio::test]
async fn a_closed_client_is_told_only_by_the_close_frame() {
    let emulator = TestEmulator::start().await;
    let mut client = emulator.connect(None, json!({ "sub": "ann" })).await;

    emulator
        .status("POST", "users/ann/:closeConnections?reason=x")
        .await;

    assert_eq!(client.closed().await, (1000, String::new()));
}
