//! 4.3: `invoke`, an event whose reply carries the client's invocation id.

use serde_json::{Value, json};

use crate::support::{Handler, TestEmulator, facts};

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
