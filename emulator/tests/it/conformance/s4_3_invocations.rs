//! 4.3: `invoke`, an event whose reply carries the client's invocation id.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Handler, PROTOBUF, TestEmulator, facts, protobuf_member};

#[tokio::test]
async fn an_invocation_gets_the_handlers_reply_with_its_id() {
    let handler = Handler::answering(|seen| match seen.event() {
        "add" => Handler::json("{\"sum\":3}"),
        "fail" => Handler::status(400),
        _ => Handler::status(204),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;
    let invoke = |id: &str, event: &str| json!({ "type": "invoke", "invocationId": id, "target": "event", "event": event, "dataType": "json", "data": [1, 2] });

    ann.send(invoke("1", "add")).await;
    ann.send(invoke("2", "quiet")).await;
    ann.send(invoke("3", "fail")).await;

    assert_eq!(
        ann.next().await,
        json!({ "type": "invokeResponse", "invocationId": "1", "success": true, "dataType": "json", "data": { "sum": 3 } })
    );
    assert_eq!(
        ann.next().await,
        json!({ "type": "invokeResponse", "invocationId": "2", "success": true, "dataType": "text", "data": "" })
    );
    let failed = ann.next().await;
    assert_eq!(
        (&failed["success"], &failed["error"]["name"]),
        (&json!(false), &json!("InternalServerError"))
    );
    assert_eq!(handler.next_named("add").await.body, "[1,2]");
}

#[tokio::test]
async fn a_cancelled_invocation_gets_no_response_and_later_frames_are_handled() {
    let handler = Handler::start(|seen| async move {
        match seen.event() {
            "endless" => std::future::pending().await,
            _ => Handler::allowing("*"),
        }
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &["g"]).await;
    ann.send(
        json!({ "type": "invoke", "invocationId": "1", "target": "event", "event": "endless" }),
    )
    .await;
    handler.next_named("endless").await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "data": "meanwhile" }))
        .await;
    ann.send(json!({ "type": "cancelInvocation", "invocationId": "other" }))
        .await;
    ann.send(json!({ "type": "cancelInvocation", "invocationId": "1" }))
        .await;

    let frames = ann.until_pong().await;
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert_eq!(frames[0]["data"], "meanwhile");
}

/// Checks the error of an invocation whose handler answers with this.
async fn fails(status: u16, content_type: &'static str, body: &'static [u8]) {
    let handler = Handler::saying("e", status, Some(content_type), body).await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "invoke", "invocationId": "1", "target": "event", "event": "e", "data": 1 }))
        .await;

    let error = json!({ "name": "InternalServerError", "message": "Internal server error" });
    let expected: Value =
        json!({ "type": "invokeResponse", "invocationId": "1", "success": false, "error": error });
    assert_eq!(ann.until_pong().await, [expected]);
}

facts! { fails;
    a_refusal: 403, "text/plain", b"no";
    a_fault: 500, "text/plain", b"broken";
    a_type_that_clients_cannot_receive: 200, "text/html", b"<p>";
    invalid_json: 200, "application/json", b"{";
}

#[tokio::test]
async fn an_invocation_without_a_handler_fails() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.send(json!({ "type": "invoke", "invocationId": "x y", "target": "event", "event": "e" }))
        .await;

    let failed = ann.next().await;
    assert_eq!(
        (&failed["invocationId"], &failed["success"]),
        (&json!("x y"), &json!(false))
    );
}

#[tokio::test]
async fn a_finished_invocation_cannot_be_cancelled() {
    let handler = Handler::answering(|_| Handler::status(204)).await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.member("ann", &[]).await;
    ann.send(json!({ "type": "invoke", "invocationId": "1", "target": "event", "event": "e" }))
        .await;
    assert_eq!(ann.next().await["success"], true);

    ann.send(json!({ "type": "cancelInvocation", "invocationId": "1" }))
        .await;

    assert!(ann.until_pong().await.is_empty());
}

/// invoke is field 10; its response is field 5.
#[tokio::test]
async fn a_protobuf_client_may_invoke() {
    let handler = Handler::answering(|seen| match seen.event() {
        "add" => Handler::json("3"),
        "fail" => Handler::status(400),
        _ => Handler::status(204),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = protobuf_member(&emulator, PROTOBUF).await;
    let exchanges: [(&[u8], &[u8]); 3] = [
        (
            b"\x52\x10\x0a\x03add\x12\x011\x1a\x06\x0a\x04text",
            b"\x2a\x0a\x0a\x011\x10\x01\x1a\x03\x22\x013",
        ),
        (
            b"\x52\x0a\x0a\x05quiet\x12\x012",
            b"\x2a\x09\x0a\x012\x10\x01\x1a\x02\x0a\x00",
        ),
        (
            b"\x52\x09\x0a\x04fail\x12\x013",
            b"\x2a\x31\x0a\x013\x22\x2c\x0a\x13InternalServerError\x12\x15Internal server error",
        ),
    ];

    for (request, response) in exchanges {
        ann.send_message(Message::binary(request.to_vec())).await;
        assert_eq!(ann.next_binary().await, response);
    }

    assert_eq!(handler.next_named("add").await.body, "text");
}

/// cancelInvocation is field 11.
#[tokio::test]
async fn a_protobuf_client_may_cancel_its_invocation() {
    let (handler, release) = Handler::holding().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = protobuf_member(&emulator, PROTOBUF).await;

    for request in [
        &b"\x52\x09\x0a\x04slow\x12\x011"[..],
        b"\x5a\x03\x0a\x011",
        b"\x4a\x00",
    ] {
        ann.send_message(Message::binary(request.to_vec())).await;
    }

    assert_eq!(ann.next_binary().await, b"\x22\x00");
    release.send_replace(true);
}
