//! Changes of a chat's members while connections join its group.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard::store::{Key, Partition, Record, Store, StoreError, Write, WriteError};
use tokio::sync::watch;

use crate::support::{Socket, World};

/// What the next held call is, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    None,
    NextRead,
    NextWrite,
    Held,
}

/// Does one call to the chat's own records and keeps its result back until it is released.
#[derive(Debug)]
struct HoldingStore {
    store: Arc<dyn Store>,
    hold: watch::Sender<Hold>,
}

impl HoldingStore {
    async fn world() -> (World, Arc<Self>) {
        let mut holding = None;
        let world = World::with_store_around(&[], |store| {
            let hold = watch::Sender::new(Hold::None);
            holding.insert(Arc::new(Self { store, hold })).clone()
        });
        (world.await, holding.unwrap())
    }

    fn hold(&self, next: Hold) {
        self.hold.send_replace(next);
    }

    async fn held(&self) {
        let mut hold = self.hold.subscribe();
        hold.wait_for(|hold| *hold == Hold::Held).await.unwrap();
    }

    fn release(&self) {
        self.hold.send_replace(Hold::None);
    }

    async fn hold_if(&self, kind: Hold) {
        let is_held = self.hold.send_if_modified(|hold| {
            let is_next = *hold == kind;
            if is_next {
                *hold = Hold::Held;
            }
            is_next
        });
        if is_held {
            let mut hold = self.hold.subscribe();
            hold.wait_for(|hold| *hold == Hold::None).await.unwrap();
        }
    }
}

#[async_trait]
impl Store for HoldingStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        self.store.get(partition, key).await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let is_guard = keys.start.as_str() == "a:";
        let records = self.store.range(partition, keys, limit).await;
        if is_guard {
            self.hold_if(Hold::NextRead).await;
        }
        records
    }

    async fn write(&self, partition: &Partition, writes: Vec<Write>) -> Result<(), WriteError> {
        let is_guard = writes.iter().any(|w| w.key().as_str().starts_with("a:"));
        let written = self.store.write(partition, writes).await;
        if is_guard {
            self.hold_if(Hold::NextWrite).await;
        }
        written
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

fn send(chat: &str, content: &str, id: &str) -> Value {
    json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": { "content": content, "id": id } })
}

fn set_members(chat: &str, members: &[&str]) -> Value {
    json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": members })
}

/// Alice's chat with Bob, and a connection of each.
async fn chat_of_two(world: &World) -> (String, Socket, Socket) {
    let mut alice = world.join_as("alice", "channel=chats").await;
    let mut bob = world.join_as("bob", "channel=chats").await;
    let frame = json!({ "type": "CREATE_CHAT", "name": "ours", "members": ["bob"] });
    let created = alice.request(frame).await;
    bob.receive_type("CHAT_CREATED").await;
    let chat = created["chat"]["id"].as_str().unwrap().to_owned();
    (chat, alice, bob)
}

#[tokio::test]
async fn a_member_who_is_removed_while_its_history_is_read_is_not_in_the_group() {
    let (world, store) = HoldingStore::world().await;
    let (chat, mut alice, mut bob) = chat_of_two(&world).await;

    store.hold(Hold::NextRead);
    let reading = bob.request(json!({ "type": "GET_CHAT_HISTORY", "chatId": chat }));
    let removing = async {
        store.held().await;
        let updated = alice.request(set_members(&chat, &[])).await;
        store.release();
        updated
    };
    let (history, updated) = tokio::join!(reading, removing);
    alice.request(send(&chat, "without bob", "1")).await;

    assert_eq!(updated["type"], "CHAT_UPDATED");
    assert_eq!(history["error"], "forbidden");
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_member_who_is_removed_while_its_message_is_stored_is_not_in_the_group() {
    let (world, store) = HoldingStore::world().await;
    let (chat, mut alice, mut bob) = chat_of_two(&world).await;

    store.hold(Hold::NextWrite);
    let sending = bob.request(send(&chat, "my last", "1"));
    let removing = async {
        store.held().await;
        alice.request(set_members(&chat, &[])).await;
        store.release();
    };
    let (sent, ()) = tokio::join!(sending, removing);
    bob.drain().await;
    alice.request(send(&chat, "without bob", "1")).await;

    assert_eq!(sent["type"], "MESSAGE_SENT");
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_member_who_is_added_and_removed_at_once_is_not_in_the_group() {
    let (world, store) = HoldingStore::world().await;
    let (chat, mut alice, _bob) = chat_of_two(&world).await;
    let mut second = world.join_as("alice", "channel=chats").await;
    let mut carl = world.join_as("carl", "channel=chats").await;

    store.hold(Hold::NextWrite);
    let adding = alice.request(set_members(&chat, &["carl"]));
    let removing = async {
        store.held().await;
        second.request(set_members(&chat, &[])).await;
        store.release();
    };
    tokio::join!(adding, removing);
    alice.request(send(&chat, "without carl", "1")).await;

    assert_eq!(carl.drain().await, [] as [Value; 0]);
}

/// A connection for this chat alone is not one that `SET_CHAT_MEMBERS` adds.
#[tokio::test]
async fn a_member_who_is_removed_and_added_again_hears_after_its_next_message() {
    let world = World::start().await;
    let (chat, mut alice, _bob) = chat_of_two(&world).await;
    let mut bob = world.join_as("bob", &format!("chat_id={chat}")).await;
    bob.request(send(&chat, "before", "1")).await;
    assert_eq!(bob.receive_type("MESSAGE").await["message"]["seq"], 1);

    alice.request(set_members(&chat, &[])).await;
    alice.request(set_members(&chat, &["bob"])).await;
    bob.drain().await;
    bob.request(send(&chat, "again", "2")).await;

    assert_eq!(bob.receive_type("MESSAGE").await["message"]["seq"], 2);
    alice.request(send(&chat, "welcome back", "3")).await;
    assert_eq!(bob.receive_type("MESSAGE").await["message"]["seq"], 3);
}
