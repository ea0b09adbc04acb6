//! Promise 5's second write: the record that a broadcast went out.

use serde_json::json;
use switchboard::clock::Ids;
use switchboard::conversation::{Conversation, ConversationState};
use switchboard::store::sqlite::SqliteStore;

use super::counted::Counted;
use super::ears::assert_heard_once;
use super::{Answer, Ears, Handler, Person, Place, Service};

const ROOM: &str = "lobby";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_to_stop_right_after_an_answer_records_that_it_was_sent() {
    let (service, place) = (Service::start().await, Place::sqlite());
    let rooms = [ROOM.to_owned()];
    let handler = Handler::start(&service, &place).await;
    let ears = Ears::listen(&handler, &rooms).await;
    let mut alice = Person::joins(&handler.base, "alice", &rooms).await;

    let said = alice.says(&handler.base, ROOM, "1").await;
    handler.drained().await.assert_no_complaints();

    assert!(matches!(said, Answer::Stored { seq: 1, .. }));
    let path = place.settings[0].1.strip_prefix("sqlite:").unwrap();
    let store = SqliteStore::new(path, Ids::random());
    let room = Conversation::Room(ROOM.parse().unwrap());
    let head = ConversationState::read(&store, &room).await.unwrap().head;
    assert!(!head.is_unsent(1));
    let next = Handler::start(&service, &place).await;
    let said = alice.says(&next.base, ROOM, "2").await;
    assert!(matches!(said, Answer::Stored { seq: 2, .. }));
    next.drained().await.assert_no_complaints();
    assert_heard_once(&ears.end(&service).await, ROOM, 2);
}

#[tokio::test]
async fn what_is_recorded_is_not_sent_again_later() {
    let (world, store) = Counted::world().await;
    let mut alice = world
        .joins("room_id=lobby&username=alice&role=writer")
        .await;

    alice
        .asks(json!({ "type": "message", "content": "one" }))
        .await;
    store.settled(1).await;
    world.app.sleep(11);
    alice
        .asks(json!({ "type": "message", "content": "two" }))
        .await;

    assert_eq!(alice.hears().await["seq"], 1);
    assert_eq!(alice.hears().await["seq"], 2);
    assert!(alice.has_heard().await.is_empty());
}

/// What is refused is not stored, so no word can travel with it.
#[tokio::test]
async fn those_who_are_refused_do_not_keep_it_from_being_recorded() {
    let (world, store) = Counted::world().await;
    let mut alice = world
        .joins("room_id=lobby&username=alice&role=writer")
        .await;
    let mut reader = world.joins("room_id=lobby&username=reader").await;

    alice
        .asks(json!({ "type": "message", "content": "one" }))
        .await;
    let shouting = async {
        loop {
            let refused = reader.asks(json!({ "type": "message", "content": "me!" }));
            assert_eq!(refused.await["error"], "forbidden");
        }
    };

    tokio::select! {
        () = shouting => {}
        () = store.settled(1) => {}
    }
}
