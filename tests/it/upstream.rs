//! Sends the events that our tests build to Microsoft's own handler, to check that they are events as
//! the service sends them.

use serde_json::{Value, json};

use crate::support::{Answer, Script, TestApp};

#[tokio::test]
async fn microsofts_handler_understands_our_events() {
    let app = TestApp::spawn().await;
    let mut express = Script::start("upstream.mjs", "").await;
    let url = express.read().await["url"].as_str().unwrap().to_owned();
    let hook = format!("{url}/api/connect_event/");
    let connect = app.event("connect", "c1").user("alice").json(&json!({
        "claims": {}, "query": { "room_id": ["test"] }, "headers": {}, "subprotocols": [],
    }));
    let text = app.event("message", "c1").user("alice").text("hello");
    let json = app
        .event("ping", "c1")
        .user("alice")
        .json(&json!({ "n": 1 }));

    let connected = connect.sent_to(&hook).await;
    let replied = text.sent_to(&hook).await;
    json.sent_to(&hook).await;

    assert_eq!(connected.status, 200, "{connected:?}");
    assert!(connected.header("ce-connectionstate").is_some());
    assert_eq!(
        connected.json(),
        json!({ "userId": "alice", "groups": ["g"], "roles": ["r"], "subprotocol": "s" })
    );
    assert_eq!(replied.body, "reply");
    let understood: Value = Answer::of(app.get_url(&format!("{url}/understood")))
        .await
        .ok();
    assert_eq!(
        understood,
        json!([
            { "event": "connect", "user": "alice", "query": { "room_id": ["test"] } },
            { "event": "message", "user": "alice", "data": "hello", "dataType": "text" },
            { "event": "ping", "user": "alice", "data": { "n": 1 }, "dataType": "json" },
        ])
    );
}
