//! 4: which protocol a client gets.

use serde_json::json;

use crate::support::{Answer, Handler, JSON, RELIABLE, TestEmulator, facts, status};

/// What the handshake answers to an offer, where a handler chooses or leaves it open.
async fn agrees(offer: &str, choice: Option<&str>, expected: Result<Option<&str>, u16>) {
    let body = choice.map(|choice| json!({ "subprotocol": choice }).to_string());
    let handler = Handler::answering(move |seen| match (&body, seen.event()) {
        (Some(body), "connect") => Answer::new(body.clone().into()),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let path = emulator.client_path("chat", json!({}));
    let headers = match offer {
        "" => String::new(),
        offer => format!("Sec-WebSocket-Protocol: {offer}\r\n"),
    };

    let (_socket, head) = emulator.raw_handshake(&path, &headers).await;

    let agreed = head
        .lines()
        .find_map(|line| line.strip_prefix("sec-websocket-protocol: "));
    let answered = match status(&head) {
        101 => Ok(agreed),
        status => Err(status),
    };
    assert_eq!(answered, expected, "{offer}");
}

const PROTOBUF: &str = "protobuf.webpubsub.azure.v1";

facts! { agrees;
    nothing_offered_is_a_simple_client: "", None, Ok(None);
    json: JSON, None, Ok(Some(JSON));
    reliable_json: RELIABLE, None, Ok(Some(RELIABLE));
    protobuf: PROTOBUF, None, Ok(Some(PROTOBUF));
    reliable_protobuf: "protobuf.reliable.webpubsub.azure.v1", None, Ok(Some("protobuf.reliable.webpubsub.azure.v1"));
    of_several_the_first_that_is_known: &format!("my.own, {PROTOBUF},{JSON}"), None, Ok(Some(PROTOBUF));
    one_that_is_not_known_is_not_taken_up: "my.own", None, Ok(None);
    mqtt_is_not_known: "mqtt", None, Ok(None);
    a_handler_may_choose: &format!("{JSON}, {RELIABLE}"), Some(RELIABLE), Ok(Some(RELIABLE));
    a_handler_may_choose_the_applications_own: &format!("{JSON}, my.own"), Some("my.own"), Ok(Some("my.own"));
    a_handler_chooses_among_the_offered: JSON, Some("my.own"), Err(500);
}

#[tokio::test]
async fn the_protocol_is_named_in_the_clients_own_letter_case() {
    let emulator = TestEmulator::start().await;

    let client = emulator
        .connect(Some("JSON.webpubsub.azure.V1"), json!({}))
        .await;

    assert_eq!(
        client.subprotocol.as_deref(),
        Some("JSON.webpubsub.azure.V1")
    );
}

#[tokio::test]
async fn a_client_with_the_applications_own_protocol_is_a_simple_one() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" => Handler::json(r#"{"subprotocol":"my.own"}"#),
        "message" => Handler::text("ok"),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let mut client = emulator.connect(Some("my.own"), json!({})).await;
    client.send_message("hello".into()).await;

    assert_eq!(client.subprotocol.as_deref(), Some("my.own"));
    assert_eq!(client.next_text().await, "ok");
    let message = handler.next_named("message").await;
    assert_eq!(message.header("ce-subprotocol"), Some("my.own"));
}
