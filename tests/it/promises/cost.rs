//! Promise 5: what it costs, counted at the store and at the service.

use serde_json::json;

use super::counted::Counted;
use crate::support::{Socket, World};

const SEND: [&str; 2] = ["read top", "write head message id"];
/// Half a second after the answer, for all that was sent until then.
const RECORD: [&str; 2] = ["read top", "write head"];

/// A client whose `connected` event has been handled.
async fn greeted(world: &World, query: &str) -> Socket {
    let mut client = world.joins(&format!("{query}&channel=audio")).await;
    client.hears_of("connection").await;
    client
}

#[tokio::test]
async fn a_send_is_one_read_one_write_and_one_call() {
    let (world, store) = Counted::world().await;
    let mut alice = greeted(&world, "room_id=lobby&username=alice&role=writer").await;
    let before = world.gate.calls();
    store.calls();

    let sent = alice
        .asks(json!({ "type": "message", "content": "hello" }))
        .await;
    let calls = world.gate.calls() - before;
    store.settled(1).await;

    assert_eq!(sent["type"], "message_sent");
    assert_eq!(calls, 1);
    assert_eq!(store.calls(), [SEND, RECORD].concat());
    assert_eq!(world.gate.calls() - before, 1);
}

#[tokio::test]
async fn a_connections_first_in_a_chat_is_one_call_more() {
    let (world, store) = Counted::world().await;
    let mut alice = world.joins_as("alice", "channel=chats,audio").await;
    let mut bob = world.joins_as("bob", "channel=chats,audio").await;
    for client in [&mut alice, &mut bob] {
        client.hears_of("connection").await;
    }
    let created = alice
        .asks(json!({ "type": "CREATE_CHAT", "name": "a" }))
        .await;
    let send = json!({
        "type": "SEND_MESSAGE",
        "chatId": created["chat"]["id"],
        "message": { "content": "hello" },
    });
    let before = world.gate.calls();
    store.calls();

    bob.asks(send.clone()).await;
    let first = world.gate.calls() - before;
    store.settled(1).await;
    let at_the_store = store.calls();
    bob.asks(send).await;
    let second = world.gate.calls() - before - first;

    assert_eq!((first, second), (2, 1));
    assert_eq!(at_the_store, [SEND, RECORD].concat());
}

#[tokio::test]
async fn a_repeat_writes_nothing_and_calls_nobody() {
    let (world, store) = Counted::world().await;
    let mut alice = greeted(&world, "room_id=lobby&username=alice&role=writer").await;
    let frame = json!({ "type": "message", "content": "hello", "id": "1" });
    alice.asks(frame.clone()).await;
    store.settled(1).await;
    let before = world.gate.calls();
    store.calls();

    let repeat = alice.asks(frame).await;

    assert_eq!(repeat["duplicate"], true);
    // The write was tried, and refused by the id that was there.
    let tried = [
        "read top",
        "write head message id",
        "read id",
        "read message",
    ];
    assert_eq!(store.calls(), tried);
    assert_eq!(world.gate.calls(), before);
}

#[tokio::test]
async fn a_page_of_history_is_one_range_and_the_read_that_decides() {
    let (world, store) = Counted::world().await;
    let mut alice = greeted(&world, "room_id=lobby&username=alice&role=writer").await;
    for _ in 0..3 {
        alice
            .asks(json!({ "type": "message", "content": "hello" }))
            .await;
    }
    store.settled(1).await;
    store.calls();

    let page = alice.asks(json!({ "type": "history" })).await;

    assert_eq!(page["messages"].as_array().unwrap().len(), 3);
    assert_eq!(store.calls(), ["read top", "read message"]);
}

#[tokio::test]
async fn negotiate_for_an_open_room_reads_once_in_five_seconds_and_others_afresh() {
    let (world, store) = Counted::world().await;
    let query = "room_id=lobby&username=alice&role=writer";

    for _ in 0..3 {
        world.app.negotiate(query).await.ok();
    }
    assert_eq!(store.calls(), ["read top"]);

    let mut alice = greeted(&world, query).await;
    let by_events = ["read top", "read top"];
    assert_eq!(store.calls(), by_events, "of `connect` and `connected`");

    alice
        .asks(json!({ "type": "message", "content": "hello" }))
        .await;
    store.settled(1).await;
    assert_eq!(store.calls(), [SEND, RECORD].concat());

    world.app.sleep(5);
    world.app.negotiate(query).await.ok();
    assert_eq!(store.calls(), ["read top"]);
}
