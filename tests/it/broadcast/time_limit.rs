//! A call that would take longer than the host allows hands the rest to a new message, and a resend
//! that failed ten times is tried again later. No test waits: the clocks are moved.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::storage_account::queue::Queue;
use switchboard::config::Listen;
use switchboard::store::{Key, Partition, Record, Store, StoreError, Write, WriteError, Written};
use tokio::time::timeout;

use super::ORDERS;
use super::road::queue_of;
use crate::queue::{stored, succeeds};
use crate::support::{Azurite, World, trigger};

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Longer than a call may work.
const TOO_LONG: Duration = Duration::from_secs(121);
const WRITER: &str = "room_id=lobby&username=alice&role=writer";
const RESEND: &str = r#"{"kind":"resend","conversation":"lobby","generation":0}"#;

/// A store whose next read takes two minutes, once a test says so.
#[derive(Debug)]
struct SlowStore {
    store: Arc<dyn Store>,
    is_slow: AtomicBool,
}

#[async_trait]
impl Store for SlowStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        self.store.get(partition, key).await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let records = self.store.range(partition, keys, limit).await;
        if self.is_slow.swap(false, Ordering::Relaxed) {
            tokio::time::pause();
            tokio::time::advance(TOO_LONG).await;
            tokio::time::resume();
        }
        records
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

struct Scene {
    world: World,
    azurite: Azurite,
    queue: Queue,
    store: Arc<SlowStore>,
}

impl Scene {
    async fn start() -> Self {
        let azurite = Azurite::own(&[]).await;
        let account = azurite.account();
        let storage = account.connection_string();
        let settings = [("AzureWebJobsStorage", storage.as_str())];
        let mut slow = None;
        let around = |store| {
            let is_slow = AtomicBool::new(false);
            slow.insert(Arc::new(SlowStore { store, is_slow })).clone() as Arc<dyn Store>
        };
        let world = World::build(&settings, Listen::Functions(0), around).await;
        let queue = queue_of(&account, ORDERS);
        Self {
            world,
            azurite,
            queue,
            store: slow.unwrap(),
        }
    }

    /// The next message, once it is visible.
    async fn takes(&self) -> String {
        let taking = async {
            loop {
                if let Some(message) = self.queue.take(1, HOUR).await.unwrap().pop() {
                    assert!(self.queue.delete(&message).await.unwrap());
                    return message.text.unwrap();
                }
            }
        };
        timeout(TIMEOUT, taking).await.expect("nothing is there")
    }

    /// Triggers the function with a store that is slow. The call comes from a thread with a clock
    /// of its own.
    async fn succeeds_slowly(&self, order: &str) {
        self.store.is_slow.store(true, Ordering::Relaxed);
        let (base, order) = (self.world.app.base.clone(), order.to_owned());
        let call = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let http = SharedHttpClient::new().client().unwrap();
            let call = trigger(http.post(format!("{base}/broadcast")), &order, 1);
            runtime.unwrap().block_on(call)
        };
        let answer = tokio::task::spawn_blocking(call).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
        assert!(!self.store.is_slow.load(Ordering::Relaxed));
    }

    /// Leaves a message that nobody heard, and returns the order to send it.
    async fn stores_without_sending(&self) -> (crate::support::Socket, String) {
        let mut alice = self.world.join(WRITER).await;
        self.world.gate.shut();
        let sent = alice.request(json!({ "type": "message", "content": "x" }));
        assert_eq!(sent.await["type"], "message_sent");
        self.azurite.advance(10);
        self.world.app.advance(11);
        (alice, self.takes().await)
    }
}

#[tokio::test]
async fn a_deletion_that_takes_too_long_goes_on_in_a_new_message() {
    let scene = Scene::start().await;
    let app = &scene.world.app;
    let room = "/api/rooms/lobby";
    // More records than one batch removes.
    for n in 0..60 {
        let message = json!({ "content": "x", "id": format!("m{n}") });
        let path = format!("{room}/messages");
        assert_eq!(
            app.back_end(Method::POST, &path, &message).await.status,
            201
        );
    }
    let deleted = app.back_end(Method::DELETE, room, &Value::Null).await;
    assert_eq!(deleted.status, 200);
    let order = scene.takes().await;
    let before = stored(&*scene.store, "lobby").await;

    scene.succeeds_slowly(&order).await;
    let rest = stored(&*scene.store, "lobby").await;
    let next = scene.takes().await;
    succeeds(app, &next, 1).await;

    assert!(0 < rest && rest < before, "{rest} of {before}");
    assert_eq!(next, order);
    assert_eq!(stored(&*scene.store, "lobby").await, 0);
}

#[tokio::test]
async fn a_resend_that_takes_too_long_goes_on_in_a_new_message() {
    let scene = Scene::start().await;
    let (_alice, order) = scene.stores_without_sending().await;
    scene.world.gate.open();

    scene.succeeds_slowly(&order).await;
    // Alice's connection does not survive that her clock jumped.
    let mut bob = scene.world.join("room_id=lobby&username=bob").await;
    let next = scene.takes().await;
    succeeds(&scene.world.app, &next, 1).await;

    assert_eq!((order.as_str(), next.as_str()), (RESEND, RESEND));
    assert_eq!(bob.receive_type("message").await["content"], "x");
}

#[tokio::test]
async fn a_resend_that_failed_ten_times_is_tried_again_five_minutes_later() {
    let scene = Scene::start().await;
    let (mut alice, order) = scene.stores_without_sending().await;

    succeeds(&scene.world.app, &order, 10).await;
    let minute = Duration::from_secs(60);
    scene
        .queue
        .put_delayed("four", 4 * minute, HOUR)
        .await
        .unwrap();
    scene.azurite.advance(4 * 60);
    let first = scene.takes().await;
    let too_early = scene.queue.take(1, HOUR).await.unwrap().pop();
    scene.azurite.advance(60);
    let next = scene.takes().await;
    scene.world.gate.open();
    succeeds(&scene.world.app, &next, 1).await;

    assert_eq!(first, "four");
    assert!(too_early.is_none(), "{too_early:?}");
    assert_eq!(next, RESEND);
    assert_eq!(alice.receive_type("message").await["content"], "x");
}
