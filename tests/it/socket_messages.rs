//! Messages that clients send over sockets, through the emulator.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Socket, World};

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

/// Creates a session over HTTP, as a back end does.
async fn create_session(world: &World, one: &str, other: &str) {
    let participants = json!([
        { "userId": one, "name": format!("{one} Doe") },
        { "userId": other, "name": format!("{other} Smith") },
    ]);
    let body = json!({ "participants": participants });
    let path = format!("/api/sessions/{SESSION}");
    let made = world.app.back_end(Method::PUT, &path, &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

fn message(content: &str) -> Value {
    json!({ "type": "message", "content": content })
}

#[tokio::test]
async fn a_writers_message_reaches_everyone_in_the_room_and_is_stored() {
    let world = World::start().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    let mut bob = world.join("room_id=lobby&username=bob").await;

    alice.send(message("hello")).await;
    let own = alice.receive().await;
    let received = bob.receive().await;
    let history = bob.request(json!({ "type": "history" })).await;

    let id = received["message_id"].as_str().unwrap();
    assert_eq!(
        received,
        json!({
            "type": "message", "message_id": id, "content": "hello", "seq": 1,
            "sender_id": "anon:alice", "sender_name": "alice", "room_id": "lobby",
            "created_at": "2027-01-15T08:00:00.000000Z",
        })
    );
    assert_eq!(own, received);
    assert_eq!(history["type"], "history");
    assert_eq!(
        (&history["last_seq"], &history["has_more"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(history["messages"][0]["message_id"], id);
    let refused = bob.request(message("me too")).await;
    assert_eq!(refused["error"], "forbidden");
}

#[tokio::test]
async fn a_frame_with_a_request_id_gets_a_reply() {
    let world = World::start().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;

    let sent = alice
        .request(json!({ "type": "message", "content": "hello", "id": "m1" }))
        .await;
    let again = alice
        .request(json!({ "type": "message", "content": "hello", "id": "m1" }))
        .await;
    let typing = alice
        .request(json!({ "type": "typing", "is_typing": true }))
        .await;

    assert_eq!(
        (&sent["type"], &sent["seq"]),
        (&json!("message_sent"), &json!(1))
    );
    assert_eq!(sent["duplicate"], false);
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["message_id"], sent["message_id"]);
    assert_eq!(typing, json!({ "type": "ok" }));
    let received = alice.drain().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["client_id"], "m1");
}

#[tokio::test]
async fn only_the_two_participants_can_talk_in_a_session() {
    let world = World::start().await;
    create_session(&world, "john", "jane").await;
    let mut john = world
        .join_as("john", &format!("session_id={SESSION}"))
        .await;
    let mut jane = world
        .join_as("jane", &format!("session_id={SESSION}"))
        .await;

    john.send(json!({ "type": "typing", "is_typing": true }))
        .await;
    john.send(message("Hello, climbing partner!")).await;
    let own = john.receive().await;
    let typing = jane.receive().await;
    let received = jane.receive().await;

    assert_eq!(
        typing,
        json!({
            "type": "typing", "sender_id": "john", "sender_name": "john Doe",
            "is_typing": true, "session_id": SESSION,
        })
    );
    assert_eq!(received["content"], "Hello, climbing partner!");
    assert_eq!(received["sender_name"], "john Doe");
    assert_eq!(received["session_id"], SESSION);
    assert_eq!(own, received);
    let eve = world.app.token("eve", json!({}));
    let query = format!("session_id={SESSION}");
    let refused = world.app.negotiate_as(&eve, &query).await;
    refused
        .assert_problem(403, "not_a_participant")
        .assert_closes_with(4004);
    let mut elsewhere = world.join_as("eve", "room_id=lobby").await;
    let frame = json!({ "type": "message", "content": "hi", "session_id": SESSION });
    assert_eq!(elsewhere.request(frame).await["error"], "forbidden");
}

#[tokio::test]
async fn a_frame_without_a_conversation_uses_the_only_one() {
    let world = World::start().await;
    let mut none = world.join("channel=audio&username=a").await;
    let mut two = world.join("room_id=one,two&username=b&role=writer").await;

    assert_eq!(none.request(message("hi")).await["error"], "missing_field");
    assert_eq!(two.request(message("hi")).await["error"], "missing_field");
    let named = json!({ "type": "message", "content": "hi", "room_id": "two" });
    assert_eq!(two.request(named).await["type"], "message_sent");
    let both =
        json!({ "type": "message", "content": "hi", "room_id": "two", "session_id": SESSION });
    assert_eq!(two.request(both).await["error"], "invalid_field");
    let foreign = json!({ "type": "message", "content": "hi", "room_id": "three" });
    assert_eq!(two.request(foreign).await["error"], "forbidden");
}

#[tokio::test]
async fn message_length_is_counted_in_characters_and_content_is_stored_unchanged() {
    let world = World::start().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    let good = [
        "😀".repeat(2000),
        format!("  {}  ", "é".repeat(2000)),
        "a\0b".to_owned(),
        "👩‍👩‍👧 e\u{301} \u{202e}".to_owned(),
        "\"}],\\n".to_owned(),
    ];

    for content in &good {
        alice.send(message(content)).await;
        assert_eq!(alice.receive().await["content"], *content);
    }

    for (content, code) in [
        (String::new(), "empty_message"),
        (" \n\t\u{a0}".to_owned(), "empty_message"),
        ("😀".repeat(2001), "message_too_long"),
    ] {
        assert_eq!(alice.request(message(&content)).await["error"], code);
    }
    let history = alice.request(json!({ "type": "history" })).await;
    let kept = history["messages"].as_array().unwrap().iter();
    let kept: Vec<_> = kept.map(|m| m["content"].as_str().unwrap()).collect();
    assert_eq!(kept, good);
}

#[tokio::test]
async fn simultaneous_messages_all_arrive_in_one_order() {
    let world = World::start().await;
    let mut listener = world.join("room_id=lobby&username=listener").await;
    let mut senders = Vec::new();
    for n in 0..8 {
        let query = format!("room_id=lobby&username=s{n}&role=writer");
        senders.push(world.join(&query).await);
    }

    let posting = senders
        .into_iter()
        .enumerate()
        .map(|(n, mut sender)| async move {
            for number in 0..10 {
                let frame =
                    json!({ "type": "message", "content": "x", "id": format!("{n}-{number}") });
                let sent = sender.request(frame).await;
                assert_eq!(sent["duplicate"], false);
            }
            sender
        });
    let _open: Vec<Socket> = futures_util::future::join_all(posting).await;
    let mut received = Vec::new();
    for _ in 0..80 {
        received.push(listener.receive().await["seq"].as_u64().unwrap());
    }

    assert_eq!(received, (1..=80).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_undelivered_message_is_sent_with_the_next_one() {
    let world = World::start().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    let mut bob = world.join("room_id=lobby&username=bob").await;

    world.gate.shut();
    let kept = alice
        .request(json!({ "type": "message", "content": "undelivered", "id": "1" }))
        .await;
    world.gate.open();
    world.app.advance(11);
    alice.send(message("next")).await;

    assert_eq!(kept["seq"], 1);
    assert_eq!(bob.receive().await["content"], "undelivered");
    assert_eq!(bob.receive().await["content"], "next");
    alice.send(message("and on")).await;
    assert_eq!(bob.receive().await["content"], "and on");
}

#[tokio::test]
async fn a_retry_delivers_the_message_its_first_attempt_could_not() {
    let world = World::start().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    let mut bob = world.join("room_id=lobby&username=bob").await;
    let frame = json!({ "type": "message", "content": "hello", "id": "1" });

    world.gate.shut();
    let first = alice.request(frame.clone()).await;
    world.gate.open();
    let second = alice.request(frame).await;

    assert_eq!(
        (&first["duplicate"], &second["duplicate"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(bob.receive().await["content"], "hello");
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_replayed_event_stores_its_message_once() {
    let world = World::start().await;
    let room = "room_id=test&username=alice&role=writer";
    let mut alice = Client::negotiate(&world.app, room).await;
    let frame = json!({ "type": "message", "content": "Hello!", "requestId": "r" });

    for is_repeat in [false, true] {
        let event = alice.event("message").header("ce-id", "7");
        let reply = alice.send_event(event.text(frame.to_string())).await;

        assert_eq!(reply["duplicate"], is_repeat, "{reply}");
        assert_eq!(reply["seq"], 1);
    }
}
