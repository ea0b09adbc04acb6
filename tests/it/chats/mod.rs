//! Frames about chats.

mod access;
mod invalid_frames;
mod pages;
mod read_positions;

use serde_json::{Value, json};

use crate::support::{Socket, World};

async fn create_chat(socket: &mut Socket, frame: Value) -> String {
    let created = socket.request(frame).await;
    assert_eq!(created["type"], "CHAT_CREATED", "{created}");
    created["chat"]["id"].as_str().unwrap().to_owned()
}

/// Opens a chat, which joins an open one.
async fn opens(socket: &mut Socket, chat: &str) {
    let history = socket
        .request(json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }))
        .await;
    assert_eq!(history["type"], "CHAT_HISTORY", "{history}");
}

/// An open chat of Alice's, which Bob is looking at.
async fn alice_and_bob_in_a_chat(world: &World) -> (Socket, Socket, String) {
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    bob.receive().await;
    opens(&mut bob, &chat).await;
    (alice, bob, chat)
}

fn send_frame(chat: &str, content: &str, id: &str) -> Value {
    json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": { "content": content, "id": id } })
}

#[tokio::test]
async fn a_chat_is_created_used_and_deleted() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;

    let created = alice
        .request(json!({ "type": "CREATE_CHAT", "name": " My New Chat " }))
        .await;
    let chat = created["chat"]["id"].as_str().unwrap();
    let seen_by_bob = bob.receive().await;
    opens(&mut bob, chat).await;
    let sent = alice
        .request(send_frame(chat, "Hello, world!", "unique-message-id"))
        .await;
    let echoed = alice.receive().await;
    let received = bob.receive().await;
    let history = bob
        .request(json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }))
        .await;
    let chats = bob.request(json!({ "type": "GET_CHATS" })).await;
    let deleted = alice
        .request(json!({ "type": "DELETE_CHAT", "chatId": chat }))
        .await;
    let gone = bob.receive().await;

    assert_eq!(created["type"], "CHAT_CREATED");
    assert_eq!(created["chat"]["name"], "My New Chat");
    assert_eq!(created["chat"]["createdAt"], "2027-01-15T08:00:00.000000Z");
    assert!(created["chat"]["lastMessageAt"].is_null());
    assert_eq!(seen_by_bob, created);
    let message = json!({
        "id": "unique-message-id", "seq": 1, "content": "Hello, world!",
        "senderId": "alice", "senderName": "alice", "createdAt": "2027-01-15T08:00:00.000000Z",
    });
    assert_eq!(
        sent,
        json!({ "type": "MESSAGE_SENT", "chatId": chat, "message": message, "duplicate": false })
    );
    let broadcast = json!({ "type": "MESSAGE", "chatId": chat, "message": message });
    assert_eq!((&echoed, &received), (&broadcast, &broadcast));
    assert_eq!(
        history,
        json!({ "type": "CHAT_HISTORY", "chatId": chat, "messages": [message], "lastSeq": 1, "hasMore": false })
    );
    assert_eq!(chats["chats"][0]["id"], chat);
    assert_eq!(chats["chats"][0]["lastSeq"], 1);
    assert_eq!(chats["chats"][0]["unread"], 1);
    assert_eq!(deleted, json!({ "type": "CHAT_DELETED", "chatId": chat }));
    assert_eq!(gone, deleted);
    let none = bob.request(json!({ "type": "GET_CHATS" })).await;
    assert_eq!(none, json!({ "type": "CHATS", "chats": [] }));
    let refused = bob.request(send_frame(chat, "still there?", "x")).await;
    assert_eq!(refused["error"], "not_found");
}

#[tokio::test]
async fn a_message_sent_twice_is_stored_and_delivered_once() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;

    let first = alice.request(send_frame(&chat, "one", "same")).await;
    alice.receive_type("MESSAGE").await;
    let second = alice
        .request(send_frame(&chat, "other words", "same"))
        .await;

    assert_eq!(first["duplicate"], false);
    assert_eq!(second["duplicate"], true);
    assert_eq!(second["message"], first["message"]);
    assert_eq!(alice.drain().await, [] as [Value; 0]);
    let history = alice
        .request(json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }))
        .await;
    assert_eq!(history["lastSeq"], 1);
}

#[tokio::test]
async fn two_senders_may_use_the_same_message_id() {
    let world = World::start().await;
    let (mut alice, mut bob, chat) = alice_and_bob_in_a_chat(&world).await;

    let one = alice.request(send_frame(&chat, "one", "same")).await;
    bob.receive_type("MESSAGE").await;
    let other = bob.request(send_frame(&chat, "two", "same")).await;

    assert_eq!(one["message"]["seq"], 1);
    assert_eq!(other["message"]["seq"], 2);
    assert_eq!(other["duplicate"], false);
}
