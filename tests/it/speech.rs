use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Socket, World};

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

/// Sessions are made by back ends over HTTP.
async fn session_of(world: &World, one: &str, other: &str) {
    let participants = json!([
        { "userId": one, "name": format!("{one} Doe") },
        { "userId": other, "name": format!("{other} Smith") },
    ]);
    let body = json!({ "participants": participants });
    let path = format!("/api/sessions/{SESSION}");
    let made = world.app.back_end(Method::PUT, &path, &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

fn say(content: &str) -> Value {
    json!({ "type": "message", "content": content })
}

#[tokio::test]
async fn what_a_writer_says_in_a_room_reaches_everyone_in_it_and_is_kept() {
    let world = World::start().await;
    let mut alice = world
        .joins("room_id=lobby&username=alice&role=writer")
        .await;
    let mut bob = world.joins("room_id=lobby&username=bob").await;

    alice.sends(say("hello")).await;
    let own = alice.hears().await;
    let heard = bob.hears().await;
    let history = bob.asks(json!({ "type": "history" })).await;

    let id = heard["message_id"].as_str().unwrap();
    assert_eq!(
        heard,
        json!({
            "type": "message", "message_id": id, "content": "hello", "seq": 1,
            "sender_id": "anon:alice", "sender_name": "alice", "room_id": "lobby",
            "created_at": "2027-01-15T08:00:00.000000Z",
        })
    );
    assert_eq!(own, heard);
    assert_eq!(history["type"], "history");
    assert_eq!(
        (&history["last_seq"], &history["has_more"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(history["messages"][0]["message_id"], id);
    let refused = bob.asks(say("me too")).await;
    assert_eq!(refused["error"], "forbidden");
}

#[tokio::test]
async fn who_asks_with_a_request_id_is_told_what_became_of_it() {
    let world = World::start().await;
    let mut alice = world
        .joins("room_id=lobby&username=alice&role=writer")
        .await;

    let sent = alice
        .asks(json!({ "type": "message", "content": "hello", "id": "m1" }))
        .await;
    let again = alice
        .asks(json!({ "type": "message", "content": "hello", "id": "m1" }))
        .await;
    let typing = alice
        .asks(json!({ "type": "typing", "is_typing": true }))
        .await;

    assert_eq!(
        (&sent["type"], &sent["seq"]),
        (&json!("message_sent"), &json!(1))
    );
    assert_eq!(sent["duplicate"], false);
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["message_id"], sent["message_id"]);
    assert_eq!(typing, json!({ "type": "ok" }));
    let heard = alice.has_heard().await;
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0]["client_id"], "m1");
}

#[tokio::test]
async fn two_people_talk_in_a_session_and_nobody_else_gets_in() {
    let world = World::start().await;
    session_of(&world, "john", "jane").await;
    let mut john = world
        .joins_as("john", &format!("session_id={SESSION}"))
        .await;
    let mut jane = world
        .joins_as("jane", &format!("session_id={SESSION}"))
        .await;

    john.sends(json!({ "type": "typing", "is_typing": true }))
        .await;
    john.sends(say("Hello, climbing partner!")).await;
    let own = john.hears().await;
    let typing = jane.hears().await;
    let heard = jane.hears().await;

    assert_eq!(
        typing,
        json!({
            "type": "typing", "sender_id": "john", "sender_name": "john Doe",
            "is_typing": true, "session_id": SESSION,
        })
    );
    assert_eq!(heard["content"], "Hello, climbing partner!");
    assert_eq!(heard["sender_name"], "john Doe");
    assert_eq!(heard["session_id"], SESSION);
    assert_eq!(own, heard);
    let eve = world.app.token("eve", json!({}));
    let query = format!("session_id={SESSION}");
    let refused = world.app.negotiate_as(&eve, &query).await;
    refused
        .assert_problem(403, "not_a_participant")
        .assert_closes_with(4004);
    let mut elsewhere = world.joins_as("eve", "room_id=lobby").await;
    let frame = json!({ "type": "message", "content": "hi", "session_id": SESSION });
    assert_eq!(elsewhere.asks(frame).await["error"], "forbidden");
}

#[tokio::test]
async fn a_frame_that_names_no_conversation_means_the_only_one_there_is() {
    let world = World::start().await;
    let mut none = world.joins("channel=audio&username=a").await;
    let mut two = world.joins("room_id=one,two&username=b&role=writer").await;

    assert_eq!(none.asks(say("hi")).await["error"], "missing_field");
    assert_eq!(two.asks(say("hi")).await["error"], "missing_field");
    let named = json!({ "type": "message", "content": "hi", "room_id": "two" });
    assert_eq!(two.asks(named).await["type"], "message_sent");
    let both =
        json!({ "type": "message", "content": "hi", "room_id": "two", "session_id": SESSION });
    assert_eq!(two.asks(both).await["error"], "invalid_field");
    let foreign = json!({ "type": "message", "content": "hi", "room_id": "three" });
    assert_eq!(two.asks(foreign).await["error"], "forbidden");
}

#[tokio::test]
async fn messages_are_counted_in_characters_and_kept_as_sent() {
    let world = World::start().await;
    let mut alice = world
        .joins("room_id=lobby&username=alice&role=writer")
        .await;
    let good = [
        "😀".repeat(2000),
        format!("  {}  ", "é".repeat(2000)),
        "a\0b".to_owned(),
        "👩‍👩‍👧 e\u{301} \u{202e}".to_owned(),
        "\"}],\\n".to_owned(),
    ];

    for content in &good {
        alice.sends(say(content)).await;
        assert_eq!(alice.hears().await["content"], *content);
    }

    for (content, code) in [
        (String::new(), "empty_message"),
        (" \n\t\u{a0}".to_owned(), "empty_message"),
        ("😀".repeat(2001), "message_too_long"),
    ] {
        assert_eq!(alice.asks(say(&content)).await["error"], code);
    }
    let history = alice.asks(json!({ "type": "history" })).await;
    let kept = history["messages"].as_array().unwrap().iter();
    let kept: Vec<_> = kept.map(|m| m["content"].as_str().unwrap()).collect();
    assert_eq!(kept, good);
}

#[tokio::test]
async fn many_who_speak_at_once_are_all_heard_in_one_order() {
    let world = World::start().await;
    let mut listener = world.joins("room_id=lobby&username=listener").await;
    let mut speakers = Vec::new();
    for n in 0..8 {
        let query = format!("room_id=lobby&username=s{n}&role=writer");
        speakers.push(world.joins(&query).await);
    }

    let talks = speakers
        .into_iter()
        .enumerate()
        .map(|(n, mut speaker)| async move {
            for word in 0..10 {
                let frame =
                    json!({ "type": "message", "content": "x", "id": format!("{n}-{word}") });
                let sent = speaker.asks(frame).await;
                assert_eq!(sent["duplicate"], false);
            }
            speaker
        });
    let _open: Vec<Socket> = futures_util::future::join_all(talks).await;
    let mut heard = Vec::new();
    for _ in 0..80 {
        heard.push(listener.hears().await["seq"].as_u64().unwrap());
    }

    assert_eq!(heard, (1..=80).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_with_the_next_message() {
    let world = World::start().await;
    let mut alice = world
        .joins("room_id=lobby&username=alice&role=writer")
        .await;
    let mut bob = world.joins("room_id=lobby&username=bob").await;

    world.gate.shut();
    let kept = alice
        .asks(json!({ "type": "message", "content": "lost on its way", "id": "1" }))
        .await;
    world.gate.open();
    world.app.sleep(11);
    alice.sends(say("next")).await;

    assert_eq!(kept["seq"], 1);
    assert_eq!(bob.hears().await["content"], "lost on its way");
    assert_eq!(bob.hears().await["content"], "next");
    alice.sends(say("and on")).await;
    assert_eq!(bob.hears().await["content"], "and on");
}

#[tokio::test]
async fn a_retry_sends_what_its_first_try_could_not() {
    let world = World::start().await;
    let mut alice = world
        .joins("room_id=lobby&username=alice&role=writer")
        .await;
    let mut bob = world.joins("room_id=lobby&username=bob").await;
    let frame = json!({ "type": "message", "content": "hello", "id": "1" });

    world.gate.shut();
    let first = alice.asks(frame.clone()).await;
    world.gate.open();
    let second = alice.asks(frame).await;

    assert_eq!(
        (&first["duplicate"], &second["duplicate"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(bob.hears().await["content"], "hello");
    assert_eq!(bob.has_heard().await, [] as [Value; 0]);
}
