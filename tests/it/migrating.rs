//! The steps of docs/migrating/ that move data from another server.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Socket, TestApp, World};

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

fn old_message(id: &str, sender: &str, content: &str) -> Value {
    json!({ "id": id, "content": content, "senderId": sender, "senderName": sender })
}

/// The messages of the old server, oldest first.
fn old_messages() -> [Value; 2] {
    [
        old_message("7c9e6679", "jane", "Monday?"),
        old_message("8d0f7780", "john", "Tuesday."),
    ]
}

/// Posts all messages. Returns the statuses.
async fn import(world: &World, conversation: &str) -> Vec<u16> {
    let path = format!("/api/rooms/{conversation}/messages");
    let mut statuses = Vec::new();
    for message in old_messages() {
        let posted = world.app.back_end(Method::POST, &path, &message).await;
        statuses.push(posted.status.as_u16());
    }
    statuses
}

/// The fields of each message that a move keeps.
async fn moved(world: &World, conversation: &str) -> Vec<Value> {
    let path = format!("/api/rooms/{conversation}/messages");
    let call = world.app.call(Method::GET, &path);
    let answer = Answer::of(call.bearer_auth(TestApp::API_TOKEN)).await;
    let page = answer.ok();
    let kept = |message: &Value| {
        let [id, content, sender, name] =
            ["id", "content", "senderId", "senderName"].map(|field| message[field].clone());
        json!({ "id": id, "content": content, "senderId": sender, "senderName": name })
    };
    page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(kept)
        .collect()
}

#[tokio::test]
async fn a_session_moves_under_its_id_and_a_repeat_changes_nothing() {
    let world = World::start().await;
    let path = format!("/api/sessions/{SESSION}");
    let conversation = format!("session:{SESSION}");
    let participants = json!({ "participants": [
        { "userId": "jane", "name": "Jane" }, { "userId": "john", "name": "John" },
    ] });

    for (made, posted) in [(201, vec![201, 201]), (200, vec![200, 200])] {
        let session = world.app.back_end(Method::PUT, &path, &participants).await;

        assert_eq!(session.status, made, "{}", session.body);
        assert_eq!(import(&world, &conversation).await, posted);
    }

    assert_eq!(moved(&world, &conversation).await, old_messages());
}

#[tokio::test]
async fn a_chat_moves_with_its_owner_and_its_messages() {
    let world = World::start().await;
    let query = "channel=chats&username=jane";
    let negotiated = world.app.negotiate_as(TestApp::API_TOKEN, query).await.ok();
    let mut jane = Socket::dial(negotiated["url"].as_str().unwrap())
        .await
        .unwrap();
    let create = json!({ "type": "CREATE_CHAT", "name": "Lunch" });
    let created = jane.request(create).await;
    let chat = created["chat"]["id"].as_str().unwrap();
    let conversation = format!("chat:{chat}");

    assert_eq!(import(&world, &conversation).await, [201, 201]);
    assert_eq!(import(&world, &conversation).await, [200, 200]);

    assert_eq!(moved(&world, &conversation).await, old_messages());
    let delete = json!({ "type": "DELETE_CHAT", "chatId": chat });
    let deleted = jane.request(delete).await;
    assert_eq!(deleted["type"], "CHAT_DELETED", "only its owner may");
}
