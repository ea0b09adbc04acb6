//! Who takes part in a chat, and which connections receive its messages.

use serde_json::{Value, json};

use super::{create_chat, opens, send_frame};
use crate::support::World;

#[tokio::test]
async fn only_members_see_a_private_chat() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let mut eve = world.join_as("eve", "channel=chats").await;

    let chat = create_chat(
        &mut alice,
        json!({ "type": "CREATE_CHAT", "name": "ours", "members": ["bob", "alice"] }),
    )
    .await;
    let seen_by_bob = bob.receive().await;
    alice.request(send_frame(&chat, "psst", "1")).await;

    assert_eq!(seen_by_bob["chat"]["members"], json!(["alice", "bob"]));
    assert_eq!(bob.receive().await["message"]["content"], "psst");
    assert_eq!(eve.drain().await, [] as [Value; 0]);
    assert_eq!(
        eve.request(json!({ "type": "GET_CHATS" })).await["chats"],
        json!([])
    );
    for frame in [
        send_frame(&chat, "let me in", "1"),
        json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }),
        json!({ "type": "read", "chatId": chat, "seq": 1 }),
    ] {
        assert_eq!(eve.request(frame).await["error"], "forbidden");
    }
    for frame in [
        json!({ "type": "RENAME_CHAT", "chatId": chat, "name": "mine" }),
        json!({ "type": "DELETE_CHAT", "chatId": chat }),
    ] {
        assert_eq!(eve.request(frame.clone()).await["error"], "not_found");
        assert_eq!(bob.request(frame).await["error"], "forbidden");
    }
    let refused = world
        .app
        .negotiate_as(
            &world.app.token("eve", json!({})),
            &format!("chat_id={chat}"),
        )
        .await;
    refused
        .assert_problem(403, "not_a_member")
        .assert_closes_with(4003);
}

#[tokio::test]
async fn a_removed_member_receives_nothing_more_and_a_new_member_receives_at_once() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let mut carl = world.join_as("carl", "channel=chats").await;
    let chat = create_chat(
        &mut alice,
        json!({ "type": "CREATE_CHAT", "name": "ours", "members": ["bob"] }),
    )
    .await;
    bob.receive().await;

    let updated = alice
        .request(json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": ["carl"] }))
        .await;
    alice.request(send_frame(&chat, "without bob", "1")).await;

    assert_eq!(updated["chat"]["members"], json!(["alice", "carl"]));
    assert_eq!(carl.receive().await["type"], "CHAT_UPDATED");
    assert_eq!(carl.receive().await["message"]["content"], "without bob");
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_new_connection_is_in_its_users_own_chats_at_once_and_in_open_ones_when_it_opens_them() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let open = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "open" })).await;
    let own = create_chat(
        &mut alice,
        json!({ "type": "CREATE_CHAT", "name": "own", "members": ["bob"] }),
    )
    .await;

    let mut bob = world.join_as("bob", "channel=chats").await;
    for chat in [&open, &own] {
        alice.request(send_frame(chat, "hello", "1")).await;
    }
    assert_eq!(bob.receive().await["chatId"], own);
    assert_eq!(bob.drain().await, [] as [Value; 0]);
    opens(&mut bob, &open).await;
    alice.request(send_frame(&open, "hello", "2")).await;

    assert_eq!(bob.receive().await["chatId"], open);
}

#[tokio::test]
async fn only_a_connection_for_chats_may_use_them() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    let mut other = world.join_as("bob", "room_id=test").await;

    for frame in [
        json!({ "type": "GET_CHATS" }),
        json!({ "type": "CREATE_CHAT", "name": "b" }),
        send_frame(&chat, "hi", "1"),
        json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }),
    ] {
        assert_eq!(other.request(frame).await["error"], "forbidden");
    }
    let mut bound = world.join_as("bob", &format!("chat_id={chat}")).await;
    assert_eq!(
        bound.request(send_frame(&chat, "hi", "1")).await["type"],
        "MESSAGE_SENT"
    );
    assert_eq!(bound.receive().await["type"], "MESSAGE");
}
