//! Promise 5: the number of store calls and service calls that each operation takes.

use reqwest::Method;
use serde_json::json;
use switchboard::config::Listen;

use super::counted::Counted;
use crate::notifications::{notified, open_tab};
use crate::support::{Azurite, OpenAi, Proxy, Socket, World};

const SEND: &[&str] = &["read state", "write head message id"];
/// Once a connection has joined a chat's group: whether its user is still a member.
const CONFIRM: &[&str] = &["read state"];
/// Half a second after the answer, for all that was sent until then.
const RECORD: &[&str] = &["write head"];

/// A client whose `connected` event has been handled.
async fn greeted(world: &World, query: &str) -> Socket {
    let mut client = world.join(&format!("{query}&channel=audio")).await;
    client.receive_type("connection").await;
    client
}

#[tokio::test]
async fn posting_a_message_takes_one_read_one_write_and_one_call() {
    let (world, store) = Counted::world().await;
    let mut alice = greeted(&world, "room_id=lobby&username=alice&role=writer").await;
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
async fn a_connections_first_in_a_chat_is_one_call_and_one_read_more() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join_as("alice", "channel=chats,audio").await;
    let mut bob = world.join_as("bob", "channel=chats,audio").await;
    for client in [&mut alice, &mut bob] {
        client.receive_type("connection").await;
    }
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
    let first_at_the_store = without_read_positions(store.take_calls());
    bob.request(send).await;
    let second = world.gate.calls() - before - first;
    store.wait_for_sent_records(1).await;
    let second_at_the_store = without_read_positions(store.take_calls());

    assert_eq!((first, second), (2, 1));
    assert_eq!(first_at_the_store, [SEND, CONFIRM, RECORD].concat());
    assert_eq!(second_at_the_store, [SEND, RECORD].concat());
}

/// A connection's first message in a chat moves its user's read position, beside the answer.
fn without_read_positions(calls: Vec<String>) -> Vec<String> {
    let is_other = |call: &String| !call.contains("read:chat:");
    calls.into_iter().filter(is_other).collect()
}

#[tokio::test]
async fn a_connect_reads_two_lists_and_the_users_own_chats_only() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join_as("alice", "channel=chats,audio").await;
    alice.receive_type("connection").await;
    for (name, members) in [("open", json!(null)), ("own", json!(["bob"]))] {
        for n in 0..5 {
            let name = format!("{name} {n}");
            let frame = json!({ "type": "CREATE_CHAT", "name": name, "members": members });
            assert_eq!(alice.request(frame).await["type"], "CHAT_CREATED");
        }
    }
    store.take_calls();

    let mut bob = world.join_as("bob", "channel=chats,audio").await;
    bob.receive_type("connection").await;

    // `connected` reads the five chats once more.
    let calls = store.take_calls();
    let chats = calls.iter().filter(|call| *call == "read state").count();
    assert_eq!((chats, calls.len()), (5 + 5, 5 + 5 + 2), "{calls:?}");
}

#[tokio::test]
async fn a_repeated_message_stores_and_sends_nothing() {
    let (world, store) = Counted::world().await;
    let mut alice = greeted(&world, "room_id=lobby&username=alice&role=writer").await;
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
    let mut alice = greeted(&world, "room_id=lobby&username=alice&role=writer").await;
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

    let mut alice = greeted(&world, query).await;
    let by_events = ["read state", "read state"];
    assert_eq!(
        store.take_calls(),
        by_events,
        "of `connect` and `connected`"
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

#[tokio::test]
async fn a_notification_takes_one_write_and_one_call() {
    let (world, store) = Counted::world().await;
    let mut tab = open_tab(&world, "alice").await;
    let before = world.gate.calls();
    store.take_calls();

    // The hash of this id is not among those that remove expired notifications too.
    notified(&world, "alice", &json!({ "id": "n-1" })).await;

    assert_eq!(store.take_calls(), ["write id notification unread"]);
    assert_eq!(world.gate.calls() - before, 1);
    assert_eq!(tab.receive().await["notification"]["id"], "n-1");
}

#[tokio::test]
async fn a_repeated_notification_is_looked_up_and_not_sent() {
    let (world, store) = Counted::world().await;
    notified(&world, "alice", &json!({ "id": "n-1" })).await;
    let before = world.gate.calls();
    store.take_calls();

    notified(&world, "alice", &json!({ "id": "n-1" })).await;

    let tried = ["write id notification unread", "read id"];
    assert_eq!(store.take_calls(), tried);
    assert_eq!(world.gate.calls(), before);
}

#[tokio::test]
async fn an_event_takes_one_call_and_the_store_is_not_asked() {
    let (world, store) = Counted::world().await;
    let event = json!({ "event_type": "user.joined", "data": {} });
    let before = world.gate.calls();
    store.take_calls();

    let path = "/api/events/acme";
    let sent = world.app.back_end(Method::POST, path, &event).await;

    assert_eq!(sent.status, 202);
    assert!(store.take_calls().is_empty());
    assert_eq!(world.gate.calls() - before, 1);
}

#[tokio::test]
async fn a_page_of_the_inbox_takes_two_reads_and_a_count_one() {
    let (world, store) = Counted::world().await;
    for n in 0..20 {
        notified(&world, "alice", &json!({ "id": n.to_string() })).await;
    }
    store.take_calls();

    crate::notifications::inbox(&world, "alice", "limit=10").await;
    let page = store.take_calls();
    crate::notifications::unread(&world, "alice").await;
    let count = store.take_calls();

    assert_eq!(page, ["read notification", "read unread"]);
    assert_eq!(count, ["read unread"]);
}

/// A chat of three users, in which the assistant answers, and its queue behind a proxy.
async fn world_with_an_assistant(openai: &OpenAi) -> (World, std::sync::Arc<Counted>, Proxy) {
    let account = Azurite::shared().await.account();
    let queues = Proxy::to(account.queues()).await;
    let storage = account.with_queues_at(&queues.address).connection_string();
    let mut settings = vec![("AzureWebJobsStorage", storage.as_str())];
    settings.extend(openai.settings());
    let (world, store) = Counted::world_with(&settings, Listen::Functions(0)).await;
    (world, store, queues)
}

#[tokio::test]
async fn a_question_is_one_queue_call_more() {
    let openai = OpenAi::start().await;
    let (world, store, queues) = world_with_an_assistant(&openai).await;
    let mut users = Vec::new();
    for name in ["alice", "bob"] {
        let mut user = world.join_as(name, "channel=chats,audio").await;
        user.receive_type("connection").await;
        users.push(user);
    }
    let frame =
        json!({ "type": "CREATE_CHAT", "name": "a", "assistant": true, "members": ["bob"] });
    let chat = users[0].request(frame).await["chat"]["id"].clone();
    let send = |text: &str| json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": { "content": text } });
    // The first question creates the queue.
    assert!(users[0].request(send("first")).await["messageId"].is_string());
    users[1]
        .request(json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }))
        .await;
    store.wait_for_sent_records(1).await;
    store.take_calls();
    queues.requests();
    let before = world.gate.calls();

    let asked = users[1].request(send("second")).await;
    let (calls, puts) = (world.gate.calls() - before, queues.requests());
    store.wait_for_sent_records(1).await;

    assert!(asked["messageId"].is_string(), "{asked}");
    assert_eq!(calls, 1);
    assert_eq!(puts.len(), 1, "{puts:?}");
    let at_the_store = without_read_positions(store.take_calls());
    assert_eq!(at_the_store, [SEND, RECORD].concat());
}

#[tokio::test]
async fn an_answer_under_way_costs_senders_nothing_and_writes_beside_the_head() {
    const SENDS: usize = 20;
    let openai = OpenAi::start().await;
    let slow = json!({ "latency": 150, "chunkSize": 2 });
    let text = "One two three four five six seven eight nine ten.";
    openai
        .responds_with("question", json!({ "content": text }), slow)
        .await;
    let (world, store, _queues) = world_with_an_assistant(&openai).await;
    let mut alice = world.join_as("alice", "channel=chats,audio").await;
    alice.receive_type("connection").await;
    let created = alice
        .request(json!({ "type": "CREATE_CHAT", "name": "a" }))
        .await;
    let chat = created["chat"]["id"].clone();
    let ask = json!({ "type": "ask", "chatId": chat, "content": "question" });
    assert_eq!(alice.request(ask).await["type"], "MESSAGE_SENT");
    store.wait_for_sent_records(1).await;
    let task = json!({ "kind": "answer", "generation": 0, "question": 1,
        "conversation": format!("chat:{}", chat.as_str().unwrap()) });

    let sending = async {
        alice.receive_type("assistant.delta").await;
        store.take_calls();
        for n in 0..SENDS {
            let message = json!({ "content": format!("message {n}") });
            let frame = json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": message });
            assert_eq!(alice.request(frame).await["type"], "MESSAGE_SENT");
        }
        // A beat of the worker falls into the time of the sends, or comes now.
        loop {
            let calls = store.calls();
            if calls.iter().any(|call| call == "write claim") {
                return calls;
            }
            alice.request(json!({ "type": "ping" })).await;
        }
    };
    let task = task.to_string();
    let (done, calls) = tokio::join!(world.app.trigger("assistant", &task, 1), sending);

    assert_eq!(done.status, 200);
    let count = |kind: &str| calls.iter().filter(|call| *call == kind).count();
    assert_eq!(count("write head message id"), SENDS, "{calls:?}");
    let beats = count("write claim");
    assert!(beats <= 1 + count("read claim"), "{calls:?}");
    assert_eq!(
        count("write head claim"),
        0,
        "the head is left alone: {calls:?}"
    );
}
