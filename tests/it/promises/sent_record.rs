//! Promise 5's second write: the record that a broadcast was sent.

use serde_json::json;
use switchboard::clock::Ids;
use switchboard::conversation::{Conversation, ConversationState};
use switchboard::store::sqlite::SqliteStore;

use super::counted::Counted;
use super::listeners::assert_received_once;
use super::{Handler, Listeners, Outcome, Person, Service, StoreSettings};

const ROOM: &str = "lobby";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_stopped_right_after_an_answer_records_the_delivery() {
    let (service, store) = (Service::start().await, StoreSettings::sqlite());
    let rooms = [ROOM.to_owned()];
    let handler = Handler::start(&service, &store).await;
    let listeners = Listeners::connect(&handler, &rooms).await;
    let mut alice = Person::join(&handler.base, "alice", &rooms).await;

    let posted = alice.post(&handler.base, ROOM, "1").await;
    handler.shut_down().await.assert_no_complaints();

    assert!(matches!(posted, Outcome::Stored { seq: 1, .. }));
    let path = store.settings[0].1.strip_prefix("sqlite:").unwrap();
    let sqlite = SqliteStore::new(path, Ids::random());
    let room = Conversation::Room(ROOM.parse().unwrap());
    let head = ConversationState::read(&sqlite, &room).await.unwrap().head;
    assert!(!head.is_unsent(1));
    let next = Handler::start(&service, &store).await;
    let posted = alice.post(&next.base, ROOM, "2").await;
    assert!(matches!(posted, Outcome::Stored { seq: 2, .. }));
    next.shut_down().await.assert_no_complaints();
    assert_received_once(&listeners.finish(&service).await, ROOM, 2);
}

#[tokio::test]
async fn a_message_recorded_as_sent_is_not_resent() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;

    alice
        .request(json!({ "type": "message", "content": "one" }))
        .await;
    store.wait_for_sent_records(1).await;
    world.app.advance(11);
    alice
        .request(json!({ "type": "message", "content": "two" }))
        .await;

    assert_eq!(alice.receive().await["seq"], 1);
    assert_eq!(alice.receive().await["seq"], 2);
    assert!(alice.drain().await.is_empty());
}

/// A refused message causes no write, so the record cannot ride on one.
#[tokio::test]
async fn refused_messages_do_not_hold_up_the_sent_record() {
    let (world, store) = Counted::world().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;
    let mut reader = world.join("room_id=lobby&username=reader").await;

    alice
        .request(json!({ "type": "message", "content": "one" }))
        .await;
    let posting_as_reader = async {
        loop {
            let refused = reader.request(json!({ "type": "message", "content": "me!" }));
            assert_eq!(refused.await["error"], "forbidden");
        }
    };

    tokio::select! {
        () = posting_as_reader => {}
        () = store.wait_for_sent_records(1) => {}
    }
}
