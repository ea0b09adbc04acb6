//! Who receives a notification while connected, and how often.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{NOTIFICATIONS, ids, inbox, mark_read, notified, notify, open_tab, unread};
use crate::support::{Answer, Hold, HoldingStore, Socket, TestApp, World};

/// A page that dials the hub itself, with the user's token in its URL.
async fn dial(world: &World, query: &str) -> Result<Socket, u16> {
    let port = world.gate.address.port();
    let hub = format!("ws://localhost:{port}/client/hubs/ViewerHub");
    Socket::dial(&format!("{hub}?{query}")).await
}

#[tokio::test]
async fn every_page_of_the_user_receives_it_and_nobody_else() {
    let world = World::start().await;
    let mut negotiated = open_tab(&world, "alice").await;
    let token = world.app.token("alice", json!({}));
    let mut dialled = dial(&world, &format!("channel=notifications&token={token}"))
        .await
        .unwrap();
    let greeting = dialled.receive().await;
    let mut bob = open_tab(&world, "bob").await;
    // Of the same name, but only chosen; and of alice, but not for notifications.
    let mut namesake = world.join("room_id=lobby&username=alice").await;
    let mut elsewhere = world.join_as("alice", "room_id=lobby").await;

    let given = json!({ "title": "Hi", "timestamp": "2025-01-15T10:30:00Z", "link": "/a" });
    let id = notified(&world, "alice", &given).await;

    assert_eq!(greeting["type"], "connection.established");
    assert_eq!(greeting["user_id"], "alice");
    let mut expected = given;
    expected["id"] = json!(id);
    let expected = json!({ "type": "notification", "notification": expected });
    for tab in [&mut negotiated, &mut dialled] {
        assert_eq!(tab.drain().await, std::slice::from_ref(&expected));
    }
    for other in [&mut bob, &mut namesake, &mut elsewhere] {
        assert_eq!(other.drain().await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn anonymous_callers_never_receive_notifications() {
    let world = World::start().await;

    for query in [
        "channel=notifications",
        "channel=notifications&username=alice",
        "channel=notifications&username=anon%3Aalice",
    ] {
        world
            .app
            .negotiate(query)
            .await
            .assert_problem(401, "unauthenticated")
            .assert_closes_with(4001);
        assert_eq!(dial(&world, query).await.err(), Some(401), "{query}");
    }
    let forged = dial(&world, "channel=notifications&token=x.y.z").await;
    assert_eq!(forged.err(), Some(401));
}

/// Each user has a page and an inbox of their own, however their provider writes the id.
#[tokio::test]
async fn each_spelling_of_a_user_id_is_a_user_of_its_own() {
    let world = World::start().await;
    let longest = "x".repeat(256);
    let raw = [
        "auth0|5f7c8ec7",
        "jürgen@example.com",
        "J\u{fc}rgen",
        "50%",
        "50%25",
        "a b/c?d#e'f\"g\\h",
        "日本語",
        "anon:alice",
        "publisher",
        "inbox:alice",
        "a",
        "A",
        &longest,
    ];
    let mut tabs = Vec::new();
    for raw in raw {
        let token = world.app.token(raw, json!({}));
        let answer = world.app.negotiate_as(&token, "channel=notifications");
        let answer = answer.await.ok();
        let user = answer["userId"].as_str().unwrap().to_owned();
        let mut tab = Socket::dial(answer["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(tab.receive().await["user_id"], user.as_str());
        tabs.push((raw, user, tab));
    }
    let spellings: BTreeSet<_> = tabs.iter().map(|(_, user, _)| user.clone()).collect();
    assert_eq!(spellings.len(), raw.len());

    for (raw, user, _) in &tabs {
        notified(&world, user, &json!({ "id": "1", "for": raw })).await;
    }

    for (raw, _, tab) in &mut tabs {
        let received = tab.drain().await;
        assert_eq!(received.len(), 1, "{raw}: {received:?}");
        assert_eq!(received[0]["notification"]["for"], *raw);
        let page = inbox(&world, raw, "").await;
        assert_eq!(page["notifications"].as_array().unwrap().len(), 1, "{raw}");
        assert_eq!(page["notifications"][0]["for"], *raw);
    }
}

#[tokio::test]
async fn a_back_end_may_write_a_user_id_with_or_without_escapes() {
    let world = World::start().await;
    let mut tab = open_tab(&world, "jürgen %").await;

    for (n, user) in ["jürgen %25", "j%c3%bcrgen%20%25", "j%C3%BCrgen%20%25"]
        .iter()
        .enumerate()
    {
        notified(&world, user, &json!({ "id": n.to_string() })).await;
    }

    assert_eq!(tab.drain().await.len(), 3);
    assert_eq!(ids(&world, "jürgen %", "").await.len(), 3);
}

#[tokio::test]
async fn read_marks_reach_the_users_other_pages() {
    let world = World::start().await;
    for id in ["1", "2"] {
        notified(&world, "alice", &json!({ "id": id })).await;
    }
    let mut tabs = [
        open_tab(&world, "alice").await,
        open_tab(&world, "alice").await,
    ];
    let mut bob = open_tab(&world, "bob").await;

    mark_read(&world, "alice", &json!({ "ids": ["2", "1", "unknown"] })).await;
    mark_read(&world, "alice", &json!({ "ids": ["unknown"] })).await;
    mark_read(&world, "alice", &json!({ "all": true })).await;

    for tab in &mut tabs {
        let expected = [
            json!({ "type": "notification.read", "ids": ["1", "2"] }),
            json!({ "type": "notification.read", "all": true }),
        ];
        assert_eq!(tab.drain().await, expected);
    }
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_repeat_is_not_sent() {
    let world = World::start().await;
    let mut tab = open_tab(&world, "alice").await;

    for title in ["first", "second", "third"] {
        notified(&world, "alice", &json!({ "id": "1", "title": title })).await;
    }

    let received = tab.drain().await;
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0]["notification"]["title"], "first");
}

#[tokio::test]
async fn a_repeated_call_with_a_key_is_not_sent_again() {
    let world = World::start().await;
    let mut tab = open_tab(&world, "alice").await;
    let body = json!({ "user_id": "alice", "notification": { "title": "Hi" } });

    let first = keyed(&world, "k", &body).await;
    let again = keyed(&world, "k", &body).await;
    let other = json!({ "user_id": "alice", "notification": { "title": "Ho" } });
    keyed(&world, "k", &other)
        .await
        .assert_problem(422, "key_reused");

    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 202));
    assert_eq!(first.json(), again.json());
    assert_eq!(tab.drain().await.len(), 1);
    assert_eq!(unread(&world, "alice").await, 1);
}

async fn keyed(world: &World, key: &str, body: &Value) -> Answer {
    let call = world.app.call(Method::POST, NOTIFICATIONS);
    let call = call.bearer_auth(TestApp::API_TOKEN);
    Answer::of(call.header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn without_the_service_a_notification_is_accepted_into_the_inbox() {
    let world = World::start().await;
    let mut tab = open_tab(&world, "alice").await;

    world.gate.shut();
    let accepted = notify(&world, "alice", &json!({ "id": "1" })).await;
    let marked = mark_read(&world, "alice", &json!({ "all": true })).await;
    world.gate.open();

    assert_eq!(accepted.status, 202);
    assert_eq!(marked.status, 200);
    assert_eq!(ids(&world, "alice", "").await, ["1"]);
    assert_eq!(unread(&world, "alice").await, 0);
    assert_eq!(tab.drain().await, [] as [Value; 0]);
}

/// The first call stored the notification and ended before it was sent.
#[tokio::test]
async fn a_retry_with_the_same_key_sends_what_an_interrupted_call_stored() {
    let (world, store) = HoldingStore::world().await;
    let mut tab = open_tab(&world, "alice").await;
    let body = json!({ "user_id": "alice", "notification": { "title": "Hi" } });

    store.hold(Hold::NextWrite);
    let call = world.app.call(Method::POST, NOTIFICATIONS);
    let call = call.bearer_auth(TestApp::API_TOKEN);
    let call = call.header("idempotency-key", "k").json(&body);
    let interrupted = tokio::spawn(call.send());
    store.held().await;
    interrupted.abort();
    // The call may work on its claim until then.
    world.app.advance(21);
    let retried = keyed(&world, "k", &body).await;

    assert_eq!(retried.status, 202);
    let received = tab.drain().await;
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0]["notification"]["id"], retried.json()["id"]);
    assert_eq!(ids(&world, "alice", "").await.len(), 1);
    store.release();
}
