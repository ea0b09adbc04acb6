//! Changes of a chat's members while connections join its group.

use serde_json::{Value, json};

use crate::support::{Hold, HoldingStore, Socket, World};

fn send(chat: &str, content: &str, id: &str) -> Value {
    json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": { "content": content, "id": id } })
}

fn set_members(chat: &str, members: &[&str]) -> Value {
    json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": members })
}

/// Alice's chat with Bob, and a connection of each.
async fn chat_of_two(world: &World) -> (String, Socket, Socket) {
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let frame = json!({ "type": "CREATE_CHAT", "name": "ours", "members": ["bob"] });
    let created = alice.request(frame).await;
    bob.receive_type("CHAT_CREATED").await;
    let chat = created["chat"]["id"].as_str().unwrap().to_owned();
    (chat, alice, bob)
}

#[tokio::test]
async fn a_member_who_is_removed_while_its_history_is_read_is_not_in_the_group() {
    let (world, store) = HoldingStore::world().await;
    let (chat, mut alice, mut bob) = chat_of_two(&world).await;

    store.hold(Hold::NextRead);
    let reading = bob.request(json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }));
    let removing = async {
        store.held().await;
        let updated = alice.request(set_members(&chat, &[])).await;
        store.release();
        updated
    };
    let (history, updated) = tokio::join!(reading, removing);
    alice.request(send(&chat, "without bob", "1")).await;

    assert_eq!(updated["type"], "CHAT_UPDATED");
    assert_eq!(history["error"], "forbidden");
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_member_who_is_removed_while_its_message_is_stored_is_not_in_the_group() {
    let (world, store) = HoldingStore::world().await;
    let (chat, mut alice, mut bob) = chat_of_two(&world).await;

    store.hold(Hold::NextWrite);
    let sending = bob.request(send(&chat, "my last", "1"));
    let removing = async {
        store.held().await;
        alice.request(set_members(&chat, &[])).await;
        store.release();
    };
    let (sent, ()) = tokio::join!(sending, removing);
    bob.drain().await;
    alice.request(send(&chat, "without bob", "1")).await;

    assert_eq!(sent["type"], "MESSAGE_SENT");
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_member_who_is_added_and_removed_at_once_is_not_in_the_group() {
    let (world, store) = HoldingStore::world().await;
    let (chat, mut alice, _bob) = chat_of_two(&world).await;
    let mut second = world.join_as("alice", "channel=chats").await;
    let mut carl = world.join_as("carl", "channel=chats").await;

    store.hold(Hold::NextWrite);
    let adding = alice.request(set_members(&chat, &["carl"]));
    let removing = async {
        store.held().await;
        second.request(set_members(&chat, &[])).await;
        store.release();
    };
    tokio::join!(adding, removing);
    alice.request(send(&chat, "without carl", "1")).await;

    assert_eq!(carl.drain().await, [] as [Value; 0]);
}

/// A connection for this chat alone is not one that `SET_CHAT_MEMBERS` adds.
#[tokio::test]
async fn a_member_who_is_removed_and_added_again_hears_after_its_next_message() {
    let world = World::start().await;
    let (chat, mut alice, _bob) = chat_of_two(&world).await;
    let mut bob = world.join_as("bob", &format!("chat_id={chat}")).await;
    bob.request(send(&chat, "before", "1")).await;
    assert_eq!(bob.receive_type("MESSAGE").await["message"]["seq"], 1);

    alice.request(set_members(&chat, &[])).await;
    alice.request(set_members(&chat, &["bob"])).await;
    bob.drain().await;
    bob.request(send(&chat, "again", "2")).await;

    assert_eq!(bob.receive_type("MESSAGE").await["message"]["seq"], 2);
    alice.request(send(&chat, "welcome back", "3")).await;
    assert_eq!(bob.receive_type("MESSAGE").await["message"]["seq"], 3);
}
