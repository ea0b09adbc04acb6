//! Frames about chats.

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
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    bob.receive().await;
    opens(&mut bob, &chat).await;

    let one = alice.request(send_frame(&chat, "one", "same")).await;
    bob.receive_type("MESSAGE").await;
    let other = bob.request(send_frame(&chat, "two", "same")).await;

    assert_eq!(one["message"]["seq"], 1);
    assert_eq!(other["message"]["seq"], 2);
    assert_eq!(other["duplicate"], false);
}

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
async fn chats_are_listed_newest_first_in_pages() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut made = Vec::new();
    for n in 0..7 {
        let members = if n % 2 == 0 {
            json!(["bob"])
        } else {
            Value::Null
        };
        let frame = json!({ "type": "CREATE_CHAT", "name": n.to_string(), "members": members });
        made.push(create_chat(&mut alice, frame).await);
        world.app.advance(1);
    }
    made.sort_unstable_by(|a, b| b.cmp(a));

    let mut listed = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = alice
            .request(json!({ "type": "GET_CHATS", "limit": 3, "cursor": cursor }))
            .await;
        for chat in page["chats"].as_array().unwrap() {
            listed.push(chat["id"].as_str().unwrap().to_owned());
        }
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }

    assert_eq!(listed, made);
}

#[tokio::test]
async fn history_is_paged_from_either_end() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    for n in 1..=9 {
        alice
            .request(send_frame(&chat, &n.to_string(), &n.to_string()))
            .await;
        alice.receive_type("MESSAGE").await;
    }
    let mut page = async |part: Value| {
        let mut frame = json!({ "type": "GET_CHAT_HISTORY", "chatId": chat, "limit": 4 });
        frame
            .as_object_mut()
            .unwrap()
            .extend(part.as_object().unwrap().clone());
        let page = alice.request(frame).await;
        let messages = page["messages"].as_array();
        let seqs = messages.map(|all| all.iter().map(|m| m["seq"].as_u64().unwrap()).collect());
        (
            seqs.unwrap_or_default(),
            page["hasMore"].clone(),
            page["error"].clone(),
        )
    };

    let newest: (Vec<u64>, _, _) = page(json!({})).await;
    assert_eq!(newest, (vec![6, 7, 8, 9], json!(true), Value::Null));
    assert_eq!(page(json!({ "before": 6 })).await.0, [2, 3, 4, 5]);
    assert_eq!(
        page(json!({ "before": 2 })).await,
        (vec![1], json!(false), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 0 })).await,
        (vec![1, 2, 3, 4], json!(true), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 7 })).await,
        (vec![8, 9], json!(false), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 9 })).await,
        (vec![], json!(false), Value::Null)
    );
    assert_eq!(
        page(json!({ "after": 1, "before": 3 })).await.2,
        "invalid_field"
    );
}

#[tokio::test]
async fn marking_messages_as_read_lowers_the_unread_count_and_never_raises_it() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    bob.receive().await;
    opens(&mut bob, &chat).await;
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

#[tokio::test]
async fn invalid_chat_frames_change_nothing() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let chat = create_chat(&mut alice, json!({ "type": "CREATE_CHAT", "name": "a" })).await;
    let many: Vec<_> = (0..101).map(|n| format!("user-{n}")).collect();
    let cases = [
        (json!({ "type": "CREATE_CHAT" }), "missing_field"),
        (
            json!({ "type": "CREATE_CHAT", "name": "  " }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "é".repeat(201) }),
            "invalid_field",
        ),
        (json!({ "type": "CREATE_CHAT", "name": 7 }), "invalid_field"),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "members": "bob" }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "members": ["%zz"] }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "members": many }),
            "invalid_field",
        ),
        (
            json!({ "type": "CREATE_CHAT", "name": "a", "assistant": true }),
            "unavailable",
        ),
        (
            json!({ "type": "GET_CHATS", "cursor": "../x" }),
            "invalid_field",
        ),
        (json!({ "type": "GET_CHATS", "limit": -1 }), "invalid_field"),
        (
            json!({ "type": "GET_CHATS", "scope": "yours" }),
            "invalid_field",
        ),
        (
            json!({ "type": "SEND_MESSAGE", "chatId": chat }),
            "missing_field",
        ),
        (
            json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": "hi" }),
            "invalid_field",
        ),
        (
            json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": {} }),
            "missing_field",
        ),
        (send_frame(&chat, "   ", "x"), "empty_message"),
        (
            send_frame(&chat, &"😀".repeat(2001), "x"),
            "message_too_long",
        ),
        (send_frame(&chat, "hi", ""), "invalid_field"),
        (send_frame(&chat, "hi", &"x".repeat(201)), "invalid_field"),
        (
            send_frame("0199a0000000700080000000000000ff", "hi", "x"),
            "not_found",
        ),
        (send_frame("../../guard", "hi", "x"), "invalid_field"),
        (
            json!({ "type": "RENAME_CHAT", "chatId": chat, "name": "" }),
            "invalid_field",
        ),
        (
            json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat }),
            "missing_field",
        ),
        (
            json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": many }),
            "invalid_field",
        ),
        (json!({ "type": "DELETE_CHAT" }), "missing_field"),
        (json!({ "type": "read", "chatId": chat }), "missing_field"),
        (
            json!({ "type": "read", "chatId": chat, "seq": 0 }),
            "invalid_field",
        ),
    ];

    for (frame, code) in cases {
        let reply = alice.request(frame.clone()).await;
        assert_eq!(reply["type"], "error", "{frame}: {reply}");
        assert_eq!(reply["error"], code, "{frame}: {reply}");
    }

    let chats = alice.request(json!({ "type": "GET_CHATS" })).await;
    assert_eq!(chats["chats"].as_array().unwrap().len(), 1);
    assert_eq!(chats["chats"][0]["lastSeq"], 0);
    assert_eq!(chats["chats"][0]["name"], "a");
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
