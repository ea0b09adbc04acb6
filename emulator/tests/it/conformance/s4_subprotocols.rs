//! 4: the choice of a subprotocol.

use serde_json::json;

use crate::support::{Answer, Handler, JSON, RELIABLE, TestEmulator, facts, status};

/// Checks the subprotocol for an offer, with or without a handler's choice.
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
    a_client_without_an_offer_is_simple: "", None, Ok(None);
    json: JSON, None, Ok(Some(JSON));
    reliable_json: RELIABLE, None, Ok(Some(RELIABLE));
    protobuf: PROTOBUF, None, Ok(Some(PROTOBUF));
    reliable_protobuf: "protobuf.reliable.webpubsub.azure.v1", None, Ok(Some("protobuf.reliable.webpubsub.azure.v1"));
    the_first_known_offer_is_chosen: &format!("my.own, {PROTOBUF},{JSON}"), None, Ok(Some(PROTOBUF));
    an_unknown_offer_is_not_chosen: "my.own", None, Ok(None);
    mqtt_is_unknown: "mqtt", None, Ok(None);
    a_handler_may_choose: &format!("{JSON}, {RELIABLE}"), Some(RELIABLE), Ok(Some(RELIABLE));
    a_handler_may_choose_an_application_protocol: &format!("{JSON}, my.own"), Some("my.own"), Ok(Some("my.own"));
    a_handler_must_choose_an_offer: JSON, Some("my.own"), Err(500);
}

#[tokio::test]
async fn the_subprotocol_keeps_the_clients_letter_case() {
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
async fn a_client_with_an_application_protocol_is_simple() {
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
