//! 5.3: the `connect` event and the decisions of its handler.

use emulator::{EventHandler, HubConfig, SystemEvent};
use serde_json::{Value, json};

use crate::support::{
    Answer, Client, Handler, JSON, RELIABLE, TestEmulator, facts, handled, short_pauses,
};

/// Checks whether a client can connect if its handler answers with this.
async fn admits(status: u16, body: &'static str, refused_with: Option<u16>) {
    let handler = Handler::saying("connect", status, None, body.as_bytes()).await;
    let emulator = TestEmulator::with_handler(&handler).await;

    assert_eq!(
        emulator.refusal(json!({})).await,
        refused_with,
        "{status} {body}"
    );
}

facts! { admits;
    an_empty_body_admits: 200, "", None;
    no_content_admits: 204, "", None;
    null_admits: 200, "null", None;
    an_empty_decision_admits: 200, "{}", None;
    unknown_members_are_ignored: 200, r#"{"other":1}"#, None;
    unauthorized: 401, "", Some(401);
    forbidden: 403, "", Some(403);
    not_found: 404, "", Some(404);
    a_teapot: 418, "", Some(418);
    a_fault_of_the_handler: 500, "", Some(500);
    an_overload_of_the_handler: 503, "", Some(503);
    a_redirection_fails: 302, "", Some(500);
    a_body_that_is_not_json: 200, "{", Some(500);
    a_body_that_is_not_an_object: 200, "[]", Some(500);
    a_user_that_is_not_text: 200, r#"{"userId":5}"#, Some(500);
    roles_that_are_not_a_list: 200, r#"{"roles":"r"}"#, Some(500);
    an_invalid_group: 200, r#"{"groups":["good"," "]}"#, Some(500);
    a_group_that_is_too_long: 200, { let long: &'static str = format!(r#"{{"groups":["{}"]}}"#, "g".repeat(1025)).leak(); long }, Some(500);
    a_subprotocol_that_was_not_offered: 200, r#"{"subprotocol":"not.offered"}"#, Some(500);
}

/// Checks the result for a token with the user `token`, the group `token` and every role.
async fn decides(body: &'static str, user: Value, group: &str, may_send: bool) {
    let handler = Handler::saying("connect", 200, None, body.as_bytes()).await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let claims =
        json!({ "sub": "token", "webpubsub.group": "token", "role": "webpubsub.sendToGroup" });
    let mut client = emulator.connect(Some(JSON), claims).await;

    assert_eq!(client.next().await["userId"], user, "{body}");
    let groups = [
        (
            "token",
            emulator.status("HEAD", "groups/token").await == 200,
        ),
        (
            "handler",
            emulator.status("HEAD", "groups/handler").await == 200,
        ),
    ];
    assert_eq!(
        groups.map(|(name, there)| there == (name == group)),
        [true, true],
        "{body}"
    );
    let sent = client
        .ask(json!({ "type": "sendToGroup", "group": "g", "ackId": 1, "data": 1 }))
        .await;
    assert_eq!(sent.is_ok(), may_send, "{body}");
}

facts! { decides;
    absent_members_change_nothing: "{}", json!("token"), "token", true;
    null_members_change_nothing: r#"{"userId":null,"groups":null,"roles":null,"subprotocol":null}"#, json!("token"), "token", true;
    a_user_replaces: r#"{"userId":"handler"}"#, json!("handler"), "token", true;
    an_empty_user_is_anonymous: r#"{"userId":""}"#, json!(null), "token", true;
    groups_replace: r#"{"groups":["handler"]}"#, json!("token"), "handler", true;
    an_empty_list_of_groups_changes_nothing: r#"{"groups":[]}"#, json!("token"), "token", true;
    roles_replace: r#"{"roles":["webpubsub.joinLeaveGroup"]}"#, json!("token"), "token", false;
    an_empty_list_of_roles_replaces: r#"{"roles":[]}"#, json!("token"), "token", false;
}

#[tokio::test]
async fn the_type_of_the_answer_is_ignored() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" => Handler::text(r#"{"userId":"decided"}"#),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let mut client = emulator.connect(Some(JSON), json!({})).await;

    assert_eq!(client.next().await["userId"], "decided");
    let connected = handler.next_named("connected").await;
    assert_eq!(connected.header("ce-userid"), Some("decided"));
}

#[tokio::test]
async fn a_handler_gets_everything_but_secrets() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let claims = json!({ "sub": "ann", "role": ["r"], "team": "x" });
    let path = emulator.client_path("chat", claims);
    let headers = format!(
        "Sec-WebSocket-Protocol: {JSON}, my.own\r\nAuthorization: Bearer x\r\nX-ASRS-Internal-A: 1\r\nX-App: a\r\nX-App: b\r\n"
    );

    emulator
        .raw_handshake(&format!("{path}&k=1&k=2&s=q%20r"), &headers)
        .await;

    let told = handler.next_named("connect").await.json();
    assert_eq!(told["query"], json!({ "k": ["1", "2"], "s": ["q r"] }));
    assert_eq!(told["subprotocols"], json!([JSON, "my.own"]));
    assert_eq!(told["clientCertificates"], json!([]));
    assert_eq!(told["headers"]["X-App"], json!(["a", "b"]));
    assert_eq!(told["headers"]["Sec-WebSocket-Version"], json!(["13"]));
    for secret in ["Authorization", "X-Asrs-Internal-A"] {
        assert_eq!(told["headers"].get(secret), None, "{secret}");
    }
    assert_eq!(told["claims"]["team"], json!(["x"]));
}

/// .NET renames these two claims, and handlers see the new names.
#[tokio::test]
async fn the_user_and_the_roles_have_long_names() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let claims = json!({ "sub": "ann", "role": ["r", "s"] });
    let _ann = emulator.connect(Some(JSON), claims).await;

    let told = handler.next_named("connect").await.json()["claims"].clone();
    let user = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";
    let role = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";
    assert_eq!(
        (&told[user], &told[role]),
        (&json!(["ann"]), &json!(["r", "s"]))
    );
}

#[tokio::test]
async fn a_refused_client_gets_a_fixed_sentence_and_no_events_follow() {
    let handler = Handler::answering(|_| {
        let mut answer = Handler::text("not you");
        *answer.status_mut() = http::StatusCode::FORBIDDEN;
        answer
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let url = format!(
        "{}{}",
        emulator.endpoint(),
        emulator.client_path("chat", json!({}))
    );
    let request = http::Request::get(url)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");

    let answered = crate::support::call(request.body(Default::default()).unwrap()).await;

    assert_eq!(answered.status, 403);
    assert_eq!(
        answered.body,
        "The connect event handler rejected the connection."
    );
    assert_eq!(emulator.refusal(json!({})).await, Some(403));
    handler.next_named("connect").await;
    assert_eq!(handler.next().await.event(), "connect");
    assert!(handler.nothing_more().await);
}

#[tokio::test]
async fn without_a_connect_handler_the_token_decides() {
    let handler = Handler::answering(|_| Handler::status(403)).await;
    let events = [SystemEvent::Connected, SystemEvent::Disconnected];
    let upstream = EventHandler::all(&handler.template()).unwrap();
    let hub = HubConfig::default().with_handler(upstream.with_system_events(&events));
    let config = handled(&handler).with_hub("chat", hub);
    let emulator = TestEmulator::with(config.with_timing(short_pauses())).await;

    assert_eq!(emulator.refusal(json!({})).await, None);
}

#[tokio::test]
async fn a_handler_may_choose_a_reliable_protocol() {
    let handler = Handler::answering(|seen| match seen.event() {
        "connect" => Answer::new(json!({ "subprotocol": RELIABLE }).to_string().into()),
        _ => Answer::default(),
    })
    .await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let path = emulator.client_path("chat", json!({}));

    let offer = Some(format!("{JSON},{RELIABLE}"));
    let mut client = Client::connect(emulator.addr, path, offer).await;

    assert!(client.next().await["reconnectionToken"].is_string());
    assert_eq!(client.subprotocol.as_deref(), Some(RELIABLE));
}
