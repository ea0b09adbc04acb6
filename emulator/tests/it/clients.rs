//! `json.webpubsub.azure.v1` (reference 3, 4.2, 4.3).

use serde_json::json;

use crate::support::{Handler, JSON, TestEmulator};

#[tokio::test]
async fn a_client_is_told_who_it_is() {
    let emulator = TestEmulator::start().await;

    let mut client = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;

    let frame = client.next().await;
    let id = frame["connectionId"].as_str().unwrap();
    assert_eq!(
        frame,
        json!({ "type": "system", "event": "connected", "userId": "ann", "connectionId": id })
    );
    assert_eq!(client.subprotocol.as_deref(), Some(JSON));
}

#[tokio::test]
async fn an_unmatched_role_forbids_and_the_frame_may_be_repeated() {
    let emulator = TestEmulator::start().await;
    let mut client = emulator
        .connect(Some(JSON), json!({ "role": "webpubsub.joinLeaveGroup.a" }))
        .await;
    client.connected().await;

    let other = client
        .ask(json!({ "type": "joinGroup", "group": "b", "ackId": 1 }))
        .await;
    let own = client
        .ask(json!({ "type": "joinGroup", "group": "a", "ackId": 1 }))
        .await;
    let again = client
        .ask(json!({ "type": "joinGroup", "group": "a", "ackId": 1 }))
        .await;
    let send = client
        .ask(json!({ "type": "sendToGroup", "group": "a", "ackId": 2, "data": 1 }))
        .await;

    assert_eq!(other, Err("Forbidden".to_owned()));
    assert_eq!(own, Ok(()));
    assert_eq!(again, Err("Duplicate".to_owned()));
    assert_eq!(send, Err("Forbidden".to_owned()));
}

#[tokio::test]
async fn members_get_what_is_sent_to_their_group_and_others_do_not() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;
    let mut bob = emulator.member("bob", &["g"]).await;
    let mut eve = emulator.member("eve", &["h"]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "noEcho": true, "dataType": "text", "data": "hi" })).await;

    assert_eq!(
        bob.next().await,
        json!({ "type": "message", "from": "group", "group": "g", "fromUserId": "ann", "dataType": "text", "data": "hi" })
    );
    assert!(ann.until_pong().await.is_empty());
    assert!(eve.until_pong().await.is_empty());
}

#[tokio::test]
async fn who_left_gets_nothing_more_but_may_still_send() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;

    ann.ask(json!({ "type": "leaveGroup", "group": "g", "ackId": 1 }))
        .await
        .unwrap();
    let sent = ann
        .ask(json!({ "type": "sendToGroup", "group": "g", "ackId": 2, "data": 1 }))
        .await;

    assert_eq!(sent, Ok(()));
    assert!(ann.until_pong().await.is_empty());
}

#[tokio::test]
async fn the_echo_comes_before_the_acknowledgement() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "ackId": 1, "data": { "x": 1 } }))
        .await;

    assert_eq!(ann.next().await["data"], json!({ "x": 1 }));
    assert_eq!(
        ann.next().await,
        json!({ "type": "ack", "ackId": 1, "success": true })
    );
}

#[tokio::test]
async fn a_message_carries_its_metadata() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;

    ann.send(json!({ "type": "sendToGroup", "group": "g", "metadata": { "Trace": "1" } }))
        .await;

    let frame = ann.next().await;
    assert_eq!(frame["metadata"], json!({ "trace": "1" }));
    assert_eq!(
        (&frame["dataType"], &frame["data"]),
        (&json!("text"), &json!(""))
    );
}

#[tokio::test]
async fn a_group_name_must_be_more_than_white_space() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let joined = ann
        .ask(json!({ "type": "joinGroup", "group": " ", "ackId": 1 }))
        .await;

    assert_eq!(joined, Err("BadRequest".to_owned()));
}

#[tokio::test]
async fn an_invocation_gets_the_handlers_answer_under_its_own_id() {
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
async fn a_cancelled_invocation_is_answered_by_nothing_and_what_came_meanwhile_is() {
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

#[tokio::test]
async fn a_message_whose_time_is_up_is_not_delivered() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(
            Some(crate::support::RELIABLE),
            json!({ "role": "webpubsub.sendToGroup", "webpubsub.group": "g" }),
        )
        .await;
    let first = ann.next().await;
    ann.send(json!({ "type": "sendToGroup", "group": "g", "data": "short", "ttlSeconds": 60 }))
        .await;
    ann.send(json!({ "type": "sendToGroup", "group": "g", "data": "lasting" }))
        .await;
    assert_eq!(ann.next().await["data"], "short");
    assert_eq!(ann.next().await["data"], "lasting");
    ann.drop_socket();

    emulator.clock.advance(std::time::Duration::from_secs(60));

    let mut back = crate::recovery::recover(&emulator, &first).await;
    let frame = back.next().await;
    assert_eq!(
        (&frame["data"], &frame["sequenceId"]),
        (&json!("lasting"), &json!(2))
    );
}
