//! What changes while a connect is being answered reaches that connection too.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard::store::{Key, Partition, Record, Store, StoreError, Write, WriteError, Written};
use tokio::sync::watch;

use super::{apply_sanction, negotiate, put_room, url};
use crate::support::{Member, Socket, World};

/// A store whose answer to one read can be held back: whoever asked decides by what it was.
#[derive(Debug)]
struct Held {
    store: Arc<dyn Store>,
    phase: watch::Sender<Phase>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Reads pass.
    Open,
    /// The next read is held back.
    Armed,
    Holding,
    /// Every read fails.
    Broken,
}

impl Held {
    async fn world() -> (World, Arc<Self>) {
        let mut held = None;
        let world = World::with_store_around(&[], |store| {
            let phase = watch::Sender::new(Phase::Open);
            held.insert(Arc::new(Self { store, phase })).clone()
        });
        let world = world.await;
        (world, held.unwrap())
    }

    /// Runs `change` after the next read was made, and before whoever made it hears the answer.
    async fn during_next_read(&self, change: impl Future<Output = ()>, then: Phase) {
        let mut phase = self.phase.subscribe();
        phase.wait_for(|p| *p == Phase::Holding).await.unwrap();
        change.await;
        self.phase.send_replace(then);
    }

    fn arm(&self) {
        self.phase.send_replace(Phase::Armed);
    }
}

#[async_trait]
impl Store for Held {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        self.store.get(partition, key).await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        if *self.phase.borrow() == Phase::Broken {
            return Err(StoreError::TooLong);
        }
        let found = self.store.range(partition, keys, limit).await;
        let is_held = self.phase.send_if_modified(|phase| {
            let is_armed = *phase == Phase::Armed;
            if is_armed {
                *phase = Phase::Holding;
            }
            is_armed
        });
        if is_held {
            let mut phase = self.phase.subscribe();
            let released = phase.wait_for(|p| *p != Phase::Holding).await;
            drop(released);
        }
        found
    }

    async fn commit(
        &self,
        partition: &Partition,
        writes: Vec<Write>,
    ) -> Result<Written, WriteError> {
        self.store.commit(partition, writes).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

const TARGETS: &str = "room_id=club&role=writer&channel=audio";

/// A client whose connect was answered by what was true before `change`.
async fn late(world: &World, held: &Held, query: &str, change: impl Future<Output = ()>) -> Member {
    let negotiated = negotiate(&world.app, "ali", query).await.ok();
    held.arm();
    let dialling = Member::dial(url(&negotiated));
    let (client, ()) = tokio::join!(dialling, held.during_next_read(change, Phase::Open));
    let mut client = client.unwrap();
    client.is_greeted().await;
    client
}

#[tokio::test]
async fn a_sanction_meets_a_connect_under_way() {
    let (world, held) = Held::world().await;
    let app = &world.app;
    for (order, undo, rejoins) in [("ban", "unban", false), ("mute", "unmute", true)] {
        let change = apply_sanction(app, "club", order, "ali");
        let mut ali = late(&world, &held, TARGETS, change).await;

        assert!(!ali.publish("club", "me!").await, "{order}");
        assert_eq!(ali.join("club").await, rejoins, "{order}");

        apply_sanction(app, "club", undo, "ali").await;
        assert!(ali.publish("club", "thank you").await, "{order}");
    }
}

#[tokio::test]
async fn a_change_of_the_record_meets_a_connect_under_way() {
    let (world, held) = Held::world().await;
    let app = &world.app;
    let member = json!([{ "userId": "ali", "role": "writer" }]);
    let reader = json!([{ "userId": "ali", "role": "reader" }]);
    let open = json!({ "access": "open", "persistent": false, "members": [] });
    let guarded = json!({ "access": "members", "persistent": false, "members": member });
    for (before, change, stays_in) in [
        (
            &open,
            json!({ "access": "password", "password": "x" }),
            false,
        ),
        (&open, json!({ "access": "members" }), false),
        (&guarded, json!({ "members": [] }), false),
        (&guarded, json!({ "members": reader }), true),
        (&open, json!({ "persistent": true }), true),
    ] {
        put_room(app, "club", before.clone()).await;
        let changing = async { drop(put_room(app, "club", change.clone()).await) };
        let mut ali = late(&world, &held, TARGETS, changing).await;

        assert!(!ali.publish("club", "me!").await, "{change}");
        assert_eq!(ali.join("club").await, stays_in, "{change}");
        assert_eq!(ali.drain().await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn who_is_removed_from_a_chat_during_a_connect_hears_nothing_of_it() {
    let (world, held) = Held::world().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let created = alice
        .request(json!({ "type": "CREATE_CHAT", "name": "a", "members": ["ali"] }))
        .await;
    let chat = &created["chat"]["id"];
    let remove = json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": [] });
    let query = format!("chat_id={}&channel=audio", chat.as_str().unwrap());
    let negotiated = negotiate(&world.app, "ali", &query).await.ok();

    held.arm();
    let change = async { drop(alice.request(remove).await) };
    let dialling = Socket::dial(url(&negotiated));
    let (ali, ()) = tokio::join!(dialling, held.during_next_read(change, Phase::Open));
    let mut ali = ali.unwrap();
    ali.receive_type("connection").await;
    let message = json!({ "content": "among ourselves" });
    let sent = alice
        .request(json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": message }))
        .await;

    assert_eq!(sent["type"], "MESSAGE_SENT");
    assert_eq!(ali.drain().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_connection_that_cannot_be_decided_again_is_closed() {
    let (world, held) = Held::world().await;
    let negotiated = negotiate(&world.app, "ali", TARGETS).await.ok();
    held.arm();

    let dialling = Member::dial(url(&negotiated));
    let breaking = held.during_next_read(async {}, Phase::Broken);
    let (client, ()) = tokio::join!(dialling, breaking);

    client.unwrap().wait_until_closed().await;
}
