//! Read positions and unread counts.

use serde_json::json;

use super::{alice_and_bob_in_a_chat, create_chat, opens, send_frame};
use crate::support::World;

#[tokio::test]
async fn marking_messages_as_read_lowers_the_unread_count_and_never_raises_it() {
    let world = World::start().await;
    let (mut alice, mut bob, chat) = alice_and_bob_in_a_chat(&world).await;
    for n in 1..=3 {
        alice.request(send_frame(&chat, "x", &n.to_string())).await;
        alice.receive().await;
        bob.receive().await;
    }

    bob.send(json!({ "type": "read", "chatId": chat, "seq": 2 }))
        .await;
    let seen = alice.receive().await;
    bob.receive_type("read").await;
    bob.send(json!({ "type": "read", "chatId": chat, "seq": 1 }))
        .await;
    bob.receive_type("read").await;
    let later = bob.request(json!({ "type": "GET_CHATS" })).await;

    assert_eq!(
        seen,
        json!({ "type": "read", "user_id": "bob", "seq": 2, "chatId": chat })
    );
    assert_eq!(later["chats"][0]["unread"], 1);
    let ahead = bob
        .request(json!({ "type": "read", "chatId": chat, "seq": 4 }))
        .await;
    assert_eq!(ahead["error"], "invalid_field");
}

#[tokio::test]
async fn the_read_position_of_an_anonymous_user_is_shown_and_not_kept() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut guest = world.join("channel=chats&username=guest").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    guest.receive().await;
    opens(&mut guest, &chat).await;
    alice.request(send_frame(&chat, "x", "1")).await;
    guest.receive_type("MESSAGE").await;
    let before = guest.request(json!({ "type": "GET_CHATS" })).await;

    guest
        .send(json!({ "type": "read", "chatId": chat, "seq": 1 }))
        .await;
    let seen = alice.receive_type("read").await;
    guest.receive_type("read").await;
    let after = guest.request(json!({ "type": "GET_CHATS" })).await;

    assert_eq!(seen["user_id"], "anon:guest");
    assert_eq!(before["chats"][0]["unread"], 1);
    assert_eq!(after, before);
}
