//! Promise 5: the number of store calls and service calls that each operation takes.

use serde_json::json;

use super::counted::Counted;

/// The store calls of one posted message.
const SEND: [&str; 2] = ["read state", "write head message id"];
/// The store calls that record deliveries, half a second after the answer.
const RECORD: [&str; 2] = ["read state", "write head"];

#[tokio::test]
async fn posting_a_message_takes_one_read_one_write_and_one_call() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    let before = world.gate.calls();
    store.take_calls();

    let sent = alice
        .request(json!({ "type": "message", "content": "hello" }))
        .await;
    let calls = world.gate.calls() - before;
    store.wait_for_sent_records(1).await;

    assert_eq!(sent["type"], "message_sent");
    assert_eq!(calls, 1);
    assert_eq!(store.take_calls(), [SEND, RECORD].concat());
    assert_eq!(world.gate.calls() - before, 1);
}

#[tokio::test]
async fn a_connections_first_message_in_a_chat_takes_one_more_call() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let created = alice
        .request(json!({ "type": "CREATE_CHAT", "name": "a" }))
        .await;
    let send = json!({
        "type": "SEND_MESSAGE",
        "chatId": created["chat"]["id"],
        "message": { "content": "hello" },
    });
    let before = world.gate.calls();
    store.take_calls();

    bob.request(send.clone()).await;
    let first = world.gate.calls() - before;
    store.wait_for_sent_records(1).await;
    let at_the_store = store.take_calls();
    bob.request(send).await;
    let second = world.gate.calls() - before - first;

    assert_eq!((first, second), (2, 1));
    assert_eq!(at_the_store, [SEND, RECORD].concat());
}

#[tokio::test]
async fn a_repeated_message_stores_and_sends_nothing() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    let frame = json!({ "type": "message", "content": "hello", "id": "1" });
    alice.request(frame.clone()).await;
    store.wait_for_sent_records(1).await;
    let before = world.gate.calls();
    store.take_calls();

    let repeat = alice.request(frame).await;

    assert_eq!(repeat["duplicate"], true);
    // The store refused the write because the id exists already.
    let tried = [
        "read state",
        "write head message id",
        "read id",
        "read message",
    ];
    assert_eq!(store.take_calls(), tried);
    assert_eq!(world.gate.calls(), before);
}

#[tokio::test]
async fn a_page_of_history_takes_one_range_and_one_permission_read() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    for _ in 0..3 {
        alice
            .request(json!({ "type": "message", "content": "hello" }))
            .await;
    }
    store.wait_for_sent_records(1).await;
    store.take_calls();

    let page = alice.request(json!({ "type": "history" })).await;

    assert_eq!(page["messages"].as_array().unwrap().len(), 3);
    assert_eq!(store.take_calls(), ["read state", "read message"]);
}

#[tokio::test]
async fn negotiate_caches_an_open_room_for_five_seconds_and_other_calls_do_not() {
    let (world, store) = Counted::world().await;
    let query = "room_id=lobby&username=alice&role=writer";

    for _ in 0..3 {
        world.app.negotiate(query).await.ok();
    }
    assert_eq!(store.take_calls(), ["read state"]);

    let mut alice = world.join(query).await;
    assert_eq!(
        store.take_calls(),
        ["read state"],
        "one read by `connect_event`"
    );

    alice
        .request(json!({ "type": "message", "content": "hello" }))
        .await;
    store.wait_for_sent_records(1).await;
    assert_eq!(store.take_calls(), [SEND, RECORD].concat());

    world.app.advance(5);
    world.app.negotiate(query).await.ok();
    assert_eq!(store.take_calls(), ["read state"]);
}
