//! What a `connect` handler may decide (reference 5.3).

use serde_json::json;

use crate::support::{Answer, Client, Handler, JSON, TestEmulator};

/// The status with which a client is refused, if it is.
pub(crate) async fn refusal(emulator: &TestEmulator) -> Option<u16> {
    let path = emulator.client_path("chat", json!({ "sub": "ann" }));
    Client::try_connect(emulator.addr, &path, Some(JSON))
        .await
        .err()
}

#[tokio::test]
async fn a_connect_handler_decides_over_the_token() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" => Handler::json(
            r#"{"userId":"decided","roles":["webpubsub.sendToGroup.g"],"groups":["g"]}"#,
        ),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let claims = json!({ "sub": "ann", "role": "webpubsub.joinLeaveGroup", "webpubsub.group": "old", "team": ["x", "y"] });

    let mut client = emulator.connect(Some(JSON), claims).await;

    assert_eq!(client.next().await["userId"], "decided");
    assert_eq!(
        client
            .ask(json!({ "type": "joinGroup", "group": "old", "ackId": 1 }))
            .await,
        Err("Forbidden".to_owned())
    );
    emulator.send_text("groups/old/:send", "not for it").await;
    emulator.send_text("groups/g/:send", "for it").await;
    assert_eq!(client.next().await["data"], "for it");
    let asked = handler.next_named("connect").await;
    assert_eq!(asked.json()["claims"]["team"], json!(["x", "y"]));
    assert_eq!(asked.json()["subprotocols"], json!([JSON]));
    assert_eq!(asked.header("ce-userid"), Some("ann"));
    assert_eq!(asked.header("ce-subprotocol"), None);
    assert_eq!(
        handler.next_named("connected").await.header("ce-userid"),
        Some("decided")
    );
}

#[tokio::test]
async fn an_empty_list_of_roles_takes_them_and_an_empty_list_of_groups_does_not() {
    let handler = Handler::answering(|_| Handler::json(r#"{"roles":[],"groups":[]}"#)).await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let mut ann = emulator.member("ann", &["g"]).await;

    assert_eq!(
        ann.ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
            .await,
        Err("Forbidden".to_owned())
    );
    assert_eq!(emulator.status("HEAD", "groups/g").await, 200);
}

#[tokio::test]
async fn a_refused_connect_has_the_handlers_status_and_no_other_events() {
    let handler = Handler::answering(|_| Handler::status(403)).await;
    let emulator = TestEmulator::with_handler(&handler).await;

    assert_eq!(refusal(&emulator).await, Some(403));
    assert_eq!(refusal(&emulator).await, Some(403));
    handler.next_named("connect").await;
    assert_eq!(handler.next().await.event(), "connect");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_refuses_the_client() {
    for body in [
        "{",
        r#"{"groups":["  "]}"#,
        r#"{"subprotocol":"not.offered"}"#,
    ] {
        let handler = Handler::answering(move |_| Handler::json(body)).await;
        let emulator = TestEmulator::with_handler(&handler).await;

        assert_eq!(refusal(&emulator).await, Some(500), "{body}");
    }
}

#[tokio::test]
async fn a_handler_may_choose_the_applications_own_subprotocol() {
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
    assert_eq!(
        handler.next_named("message").await.header("ce-subprotocol"),
        Some("my.own")
    );
}
