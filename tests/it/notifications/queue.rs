//! Notifications from the queue: once into the inbox, at least once to the user's pages. The test
//! is the Functions host.

use serde_json::{Value, json};

use super::{from_queue, ids, notified, open_tab, under_the_host, unread};
use crate::support::{Hold, HoldingStore};

fn message(notification: &Value) -> Value {
    json!({ "kind": "notification", "user_id": "alice", "notification": notification })
}

#[tokio::test]
async fn the_queue_delivers_as_a_call_does() {
    let world = under_the_host().await;
    let mut tab = open_tab(&world, "alice").await;
    let given = json!({ "id": "1", "timestamp": "t", "title": "Ä", "data": { "n": [1] } });

    let status = from_queue(&world.app, &message(&given), "m-1", 1).await;

    assert_eq!(status, 200);
    let expected = json!({ "type": "notification", "notification": given });
    assert_eq!(tab.drain().await, [expected]);
    assert_eq!(ids(&world, "alice", "").await, ["1"]);
}

#[tokio::test]
async fn a_redelivery_sends_what_was_stored_and_could_not_be_sent() {
    let world = under_the_host().await;
    let mut tab = open_tab(&world, "alice").await;
    // Without an id: it is known by the message on the queue.
    let message = message(&json!({ "title": "Hi" }));

    world.gate.shut();
    let cut_off = from_queue(&world.app, &message, "m-1", 1).await;
    let in_the_inbox = ids(&world, "alice", "").await;
    world.gate.open();
    world.app.advance(15);
    let redelivered = from_queue(&world.app, &message, "m-1", 2).await;

    assert_eq!((cut_off, redelivered), (500, 200));
    let received = tab.drain().await;
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0]["notification"]["id"], in_the_inbox[0].as_str());
    assert_eq!(ids(&world, "alice", "").await, in_the_inbox);
    assert_eq!(unread(&world, "alice").await, 1);
}

#[tokio::test]
async fn a_redelivery_sends_what_an_interrupted_call_stored() {
    let (world, store) = HoldingStore::started_by(switchboard::config::Listen::Functions(0)).await;
    let mut tab = open_tab(&world, "alice").await;
    let message = message(&json!({ "id": "1" }));

    store.hold(Hold::NextWrite);
    tokio::select! {
        biased;
        _ = from_queue(&world.app, &message, "m-1", 1) => panic!("nothing held it"),
        () = store.held() => {}
    }
    let redelivered = from_queue(&world.app, &message, "m-1", 2).await;

    assert_eq!(redelivered, 200);
    assert_eq!(tab.drain().await.len(), 1);
    assert_eq!(ids(&world, "alice", "").await, ["1"]);
    store.release();
}

#[tokio::test]
async fn a_message_that_repeats_an_id_is_not_sent_even_when_it_is_redelivered() {
    let world = under_the_host().await;
    let mut tab = open_tab(&world, "alice").await;
    notified(&world, "alice", &json!({ "id": "1", "title": "first" })).await;
    assert_eq!(tab.drain().await.len(), 1);
    let repeat = message(&json!({ "id": "1", "title": "second" }));

    for (id, dequeue_count) in [("m-1", 1), ("m-1", 2), ("m-2", 1)] {
        let status = from_queue(&world.app, &repeat, id, dequeue_count).await;
        assert_eq!(status, 200);
    }

    assert_eq!(tab.drain().await, [] as [Value; 0]);
    assert_eq!(ids(&world, "alice", "").await, ["1"]);
}

#[tokio::test]
async fn two_messages_of_the_same_text_are_two_notifications() {
    let world = under_the_host().await;
    let mut tab = open_tab(&world, "alice").await;
    let message = message(&json!({ "title": "Your export is ready" }));

    for id in ["m-1", "m-2"] {
        assert_eq!(from_queue(&world.app, &message, id, 1).await, 200);
    }

    assert_eq!(tab.drain().await.len(), 2);
    assert_eq!(unread(&world, "alice").await, 2);
}

#[tokio::test]
async fn a_message_that_can_never_succeed_fails_and_the_next_is_served() {
    let world = under_the_host().await;
    let of = |bytes: usize| message(&json!({ "a": "x".repeat(bytes - r#"{"a":""}"#.len()) }));
    let kind = |rest: Value| {
        let mut message = json!({ "kind": "notification" });
        message
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        message
    };

    for bad in [
        kind(json!({})),
        kind(json!({ "user_id": "alice" })),
        kind(json!({ "notification": {} })),
        kind(json!({ "user_id": 7, "notification": {} })),
        kind(json!({ "user_id": "50%", "notification": {} })),
        kind(json!({ "user_id": "publisher", "notification": {} })),
        kind(json!({ "user_id": "x".repeat(257), "notification": {} })),
        kind(json!({ "user_id": "alice", "notification": null })),
        kind(json!({ "user_id": "alice", "notification": [] })),
        kind(json!({ "user_id": "alice", "notification": { "id": 1 } })),
        kind(json!({ "user_id": "alice", "notification": { "timestamp": 1 } })),
        json!({ "kind": "Notification", "user_id": "alice", "notification": {} }),
        json!({ "kind": ["notification"], "user_id": "alice", "notification": {} }),
        json!({ "kind": "notify", "user_id": "alice" }),
        json!({ "kind": "notify", "user_id": "a\nb", "id": "1" }),
        of(45 * 1024 + 1),
    ] {
        assert_eq!(from_queue(&world.app, &bad, "m-1", 1).await, 500, "{bad}");
    }
    assert_eq!(unread(&world, "alice").await, 0);
    assert_eq!(from_queue(&world.app, &of(45 * 1024), "m-2", 1).await, 200);
    assert_eq!(unread(&world, "alice").await, 1);
}

#[tokio::test]
async fn an_order_to_notify_sends_what_is_stored_and_nothing_else() {
    let world = under_the_host().await;
    notified(&world, "alice", &json!({ "id": "1", "title": "Hi" })).await;
    let mut tab = open_tab(&world, "alice").await;
    let order = |id: &str| json!({ "kind": "notify", "user_id": "alice", "id": id });

    for id in ["1", "unknown"] {
        assert_eq!(from_queue(&world.app, &order(id), "m-1", 1).await, 200);
    }

    let received = tab.drain().await;
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0]["notification"]["title"], "Hi");
}
