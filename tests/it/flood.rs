//! What one user does must not spoil chats for others.

use serde_json::{Value, json};

use crate::support::{Socket, World};

async fn create_chat(socket: &mut Socket, name: &str, members: Value) -> Value {
    socket
        .request(json!({ "type": "CREATE_CHAT", "name": name, "members": members }))
        .await
}

fn id(created: &Value) -> String {
    created["chat"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{created}"))
        .to_owned()
}

fn send(chat: &str) -> Value {
    json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": { "content": "hello" } })
}

#[tokio::test]
async fn open_chats_do_not_keep_a_member_from_hearing_a_private_one() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let private = id(&create_chat(&mut alice, "private", json!(["bob"])).await);
    for n in 0..60 {
        if n % 10 == 0 {
            world.app.advance(60);
        }
        let open = id(&create_chat(&mut alice, &n.to_string(), Value::Null).await);
        alice.request(send(&open)).await;
    }

    let mut bob = world.join_as("bob", "channel=chats").await;
    alice.request(send(&private)).await;

    assert_eq!(bob.receive_type("MESSAGE").await["chatId"], private);
}

#[tokio::test]
async fn a_connection_joins_the_fifty_chats_that_its_user_turned_to_last() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut chats = Vec::new();
    for n in 0..52 {
        if n % 10 == 0 {
            world.app.advance(60);
        }
        chats.push(id(
            &create_chat(&mut alice, &n.to_string(), json!(["bob"])).await
        ));
    }
    // Those of one millisecond are in the order of their ids.
    chats.sort_unstable();
    let (oldest, second, third) = (&chats[0], &chats[1], &chats[2]);
    alice.request(send(oldest)).await;
    let mut before = world.join_as("bob", "channel=chats").await;
    let read = json!({ "type": "read", "chatId": oldest, "seq": 1 });
    assert_eq!(before.request(read).await["type"], "ok");

    let mut bob = world.join_as("bob", "channel=chats").await;
    for chat in [second, third, oldest] {
        alice.request(send(chat)).await;
    }

    assert_eq!(bob.receive_type("MESSAGE").await["chatId"], *oldest);
}

#[tokio::test]
async fn a_scope_lists_own_chats_or_open_ones() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let open_of_alice = id(&create_chat(&mut alice, "a", Value::Null).await);
    world.app.advance(1);
    let both = id(&create_chat(&mut alice, "b", json!(["bob"])).await);
    world.app.advance(1);
    let open_of_bob = id(&create_chat(&mut bob, "c", Value::Null).await);

    let mut list = async |scope: Value| {
        let frame = json!({ "type": "GET_CHATS", "scope": scope });
        let listed = bob.request(frame).await;
        let chats = listed["chats"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<_> = chats.iter().map(|c| c["id"].clone()).collect();
        ids.sort_by_key(ToString::to_string);
        (ids, listed["error"].clone())
    };
    let sorted = |ids: &[&String]| {
        let mut ids: Vec<_> = ids.iter().map(|id| json!(id)).collect();
        ids.sort_by_key(ToString::to_string);
        (ids, Value::Null)
    };

    let all = sorted(&[&open_of_alice, &both, &open_of_bob]);
    assert_eq!(list(Value::Null).await, all);
    assert_eq!(list(json!("all")).await, all);
    assert_eq!(list(json!("mine")).await, sorted(&[&both, &open_of_bob]));
    assert_eq!(
        list(json!("open")).await,
        sorted(&[&open_of_alice, &open_of_bob])
    );
    assert_eq!(list(json!("every")).await.1, "invalid_field");
    assert_eq!(list(json!(1)).await.1, "invalid_field");
    let deleted = json!({ "type": "DELETE_CHAT", "chatId": open_of_bob });
    bob.request(deleted).await;
    let mine = bob
        .request(json!({ "type": "GET_CHATS", "scope": "mine" }))
        .await;
    assert_eq!(mine["chats"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_user_creates_ten_chats_a_minute() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut other = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    for n in 0..10 {
        id(&create_chat(&mut alice, &n.to_string(), Value::Null).await);
    }

    let refused = create_chat(&mut other, "one more", Value::Null).await;

    assert_eq!(refused["error"], "rate_limited");
    assert_eq!(refused["retryAfterMs"], 60_000);
    let listed = bob.request(json!({ "type": "GET_CHATS" })).await;
    assert_eq!(listed["chats"].as_array().unwrap().len(), 10);
    id(&create_chat(&mut bob, "bob's", Value::Null).await);
    world.app.advance(60);
    id(&create_chat(&mut other, "later", Value::Null).await);
}

#[tokio::test]
async fn anonymous_users_of_one_address_create_ten_chats_a_minute() {
    let world = World::start().await;
    for n in 0..10 {
        let query = format!("channel=chats&username=guest{n}");
        let mut guest = world.join(&query).await;
        id(&create_chat(&mut guest, "a", Value::Null).await);
    }

    let mut guest = world.join("channel=chats&username=guest11").await;
    let refused = create_chat(&mut guest, "a", Value::Null).await;
    let mut alice = world.join_as("alice", "channel=chats").await;

    assert_eq!(refused["error"], "rate_limited");
    id(&create_chat(&mut alice, "a", Value::Null).await);
}

#[tokio::test]
async fn a_connection_sends_a_burst_and_then_waits() {
    let world = World::with(&[("RATE_LIMIT_FRAMES", "2")]).await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    for _ in 0..4 {
        let pong = alice.request(json!({ "type": "ping" })).await;
        assert_eq!(pong["type"], "pong");
    }

    let refused = create_chat(&mut alice, "a", Value::Null).await;
    let listed = bob.request(json!({ "type": "GET_CHATS" })).await;
    world.app.advance(1);
    let later = create_chat(&mut alice, "a", Value::Null).await;

    assert_eq!(refused["type"], "error");
    assert_eq!(refused["error"], "rate_limited");
    assert_eq!(refused["retryAfterMs"], 500);
    assert_eq!(listed["chats"], json!([]));
    assert_eq!(later["type"], "CHAT_CREATED");
}

/// An open chat is announced to everyone, and heard by those who turned to it.
#[tokio::test]
async fn an_open_chat_is_announced_to_all_and_joined_by_who_turns_to_it() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let chat = id(&create_chat(&mut alice, "open", Value::Null).await);
    assert_eq!(bob.receive().await["type"], "CHAT_CREATED");

    alice.request(send(&chat)).await;
    assert_eq!(alice.receive().await["type"], "MESSAGE");
    assert_eq!(bob.drain().await, [] as [Value; 0]);
    bob.request(json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }))
        .await;
    alice.request(send(&chat)).await;
    assert_eq!(bob.receive().await["message"]["seq"], 2);
    alice.receive_type("MESSAGE").await;

    for (frame, kind) in [
        (
            json!({ "type": "RENAME_CHAT", "chatId": chat, "name": "b" }),
            "CHAT_UPDATED",
        ),
        (
            json!({ "type": "DELETE_CHAT", "chatId": chat }),
            "CHAT_DELETED",
        ),
    ] {
        alice.request(frame).await;
        let heard = bob.drain().await;
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0]["type"], kind);
        assert_eq!(alice.drain().await, [] as [Value; 0]);
    }
}

/// Speaking counts as turning to a chat, although no `read` frame came.
#[tokio::test]
async fn speaking_moves_the_read_position() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let chat = id(&create_chat(&mut alice, "a", json!(["bob"])).await);
    bob.request(send(&chat)).await;
    // Sixteen others speak, so that the head forgets what Bob said.
    let others: Vec<_> = (0..16).map(|n| format!("user{n}")).collect();
    let mut members = others.clone();
    members.push("bob".to_owned());
    let frame = json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": members });
    assert_eq!(alice.request(frame).await["type"], "CHAT_UPDATED");
    for other in &others {
        let mut other = world.join_as(other, &format!("chat_id={chat}")).await;
        assert_eq!(other.request(send(&chat)).await["type"], "MESSAGE_SENT");
    }

    let listed = bob.request(json!({ "type": "GET_CHATS" })).await;

    assert_eq!(listed["chats"][0]["lastSeq"], 17);
    assert_eq!(listed["chats"][0]["unread"], 16);
}
