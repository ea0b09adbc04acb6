//! Client code written for other servers, unchanged except for the address it connects to.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Script, World};

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

#[tokio::test]
async fn an_existing_chat_client_works_unchanged() {
    let world = World::start().await;

    let frames = Script::start("chat-app.mjs", &world.app.base)
        .await
        .read()
        .await;

    let kinds = frames
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| &frame["type"]);
    let kinds: Vec<_> = kinds.map(|kind| kind.as_str().unwrap()).collect();
    // The guide's code requests the history before it sends the first message.
    assert_eq!(
        kinds,
        [
            "CHATS",
            "CHAT_CREATED",
            "CHAT_HISTORY",
            "MESSAGE",
            "MESSAGE_SENT",
            "CHAT_DELETED"
        ]
    );
    assert_eq!(frames[1]["chat"]["name"], "My New Chat");
    assert_eq!(frames[3]["message"], frames[4]["message"]);
    assert_eq!(frames[4]["message"]["id"], "unique-message-id");
}

#[tokio::test]
async fn an_existing_session_component_works_unchanged() {
    let world = World::with(&[("JWT_EXPIRY_ON_SEND", "allow")]).await;
    let participants = json!([
        { "userId": "john", "name": "John Doe" },
        { "userId": "jane", "name": "Jane Smith" },
    ]);
    let made = world
        .app
        .back_end(
            Method::PUT,
            &format!("/api/sessions/{SESSION}"),
            &json!({ "participants": participants }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let [john, jane] = ["john", "jane"].map(|user| world.app.token(user, json!({})));

    let arguments = [world.app.base.as_str(), SESSION, &john, &jane];
    let seen = Script::start_with("session-chat.mjs", &arguments)
        .await
        .read()
        .await;

    let lines: Value = json!([{ "name": "John Doe:", "text": "Hello, climbing partner!" }]);
    assert_eq!(seen["own"], lines);
    assert_eq!(seen["other"], lines);
    assert_eq!(seen["ownTyping"], false);
}
