//! The queue `switchboard-broadcast`, from both ends, on Azurite: what the handler puts there, and
//! what its messages do. The test is the Functions host.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::queue::Queue;
use switchboard::clock::{Clock, Ids};
use switchboard::config::Listen;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Key, Partition, Store};
use tokio::time::timeout;

use crate::notifications::{notified, open_tab};
use crate::support::{Account, Answer, Azurite, TestApp, World, fresh_folder};

/// Long enough for a busy machine; nothing is measured by it.
const TIMEOUT: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: i64 = 24 * 60 * 60;
const WRITER: &str = "room_id=lobby&username=alice&role=writer";
const ORDERS: &str = "switchboard-broadcast";
const POISON: &str = "switchboard-broadcast-poison";

struct Setting {
    world: World,
    account: Account,
    /// The setting `STORE`, and the same store from behind.
    place: String,
    store: Arc<dyn Store>,
}

impl Setting {
    async fn started_by(listen: Listen) -> Self {
        let account = Azurite::shared().await.account();
        let file = fresh_folder().join("switchboard.db");
        let place = format!("sqlite:{}", file.display());
        let storage = account.connection_string();
        let settings = [("AzureWebJobsStorage", storage.as_str()), ("STORE", &place)];
        Self {
            world: World::started_by(listen, &settings).await,
            account,
            place,
            store: Arc::new(SqliteStore::new(file, Ids::random())),
        }
    }

    async fn start() -> Self {
        Self::started_by(Listen::Functions(0)).await
    }

    fn queue(&self, name: &'static str) -> Queue {
        let (http, account) = (SharedHttpClient::new(), self.account.settings());
        let identities = ManagedIdentities::new(http.clone());
        Queue::new(&account, name, http, Clock::system(), &identities).unwrap()
    }

    /// The next message, once it is visible.
    async fn takes(&self, name: &'static str) -> String {
        let queue = self.queue(name);
        let taking = async {
            loop {
                if let Some(message) = queue.take(1, HOUR).await.unwrap().pop() {
                    assert!(queue.delete(&message).await.unwrap());
                    return message.text.unwrap();
                }
            }
        };
        timeout(TIMEOUT, taking).await.expect("nothing is there")
    }

    async fn deletes(&self, room: &str) {
        let path = format!("/api/rooms/{room}");
        let answer = self.world.app.back_end(Method::DELETE, &path, &Value::Null);
        assert_eq!(answer.await.status, 200);
    }

    /// How many records of messages and files this room has.
    async fn stored(&self, room: &str) -> usize {
        stored(&*self.store, room).await
    }
}

pub(crate) async fn stored(store: &dyn Store, room: &str) -> usize {
    let partition = Partition::new(Collection::Messages, format!("room:{room}"));
    let everything = Key::literal("-")..Key::literal("~");
    let records = store.range(&partition, everything, 1000).await.unwrap();
    let is_top = |key: &str| key.starts_with("a:");
    records.iter().filter(|r| !is_top(r.key.as_str())).count()
}

async fn triggers(app: &TestApp, text: &str, dequeue_count: u32) -> Answer {
    let metadata = json!({ "DequeueCount": dequeue_count.to_string() });
    triggers_with(app, text, &metadata).await
}

pub(crate) async fn triggers_with(app: &TestApp, text: &str, metadata: &Value) -> Answer {
    invoked(app.call(Method::POST, "/broadcast"), text, metadata).await
}

/// As the host calls the trigger: chunked, the text encoded twice.
pub(crate) async fn invoked(call: RequestBuilder, text: &str, metadata: &Value) -> Answer {
    let message = json!(json!(text).to_string());
    let body = json!({ "Data": { "message": message }, "Metadata": metadata }).to_string();
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    Answer::of(call.body(reqwest::Body::wrap_stream(chunks))).await
}

pub(crate) async fn succeeds(app: &TestApp, text: &str, dequeue_count: u32) {
    let answer = triggers(app, text, dequeue_count).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

/// An upload that is complete, and the address to download it from.
async fn uploads(app: &TestApp) -> (Value, String) {
    let file = json!({ "name": "a.png", "contentType": "image/png", "size": 5 });
    let path = "/api/rooms/lobby/files?username=alice";
    let answer = Answer::of(app.call(Method::POST, path).json(&file)).await;
    let answer = answer.json();
    let http = SharedHttpClient::new().client().unwrap();
    let put = http.put(answer["uploadUrl"].as_str().unwrap());
    let put = put.header("x-ms-blob-type", "BlockBlob").body("12345");
    assert_eq!(put.send().await.unwrap().status(), 201);
    let id = answer["fileId"].clone();
    let path = format!("/api/rooms/lobby/files?file={}", id.as_str().unwrap());
    let url = app.get(&path).await.ok()["downloadUrl"].clone();
    (id, url.as_str().unwrap().to_owned())
}

async fn downloads(url: &str) -> u16 {
    let http = SharedHttpClient::new().client().unwrap();
    http.get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_broadcast_is_tried_again_for_longer_than_the_client_tries() {
    let world = World::start().await;
    let mut alice = world.join(WRITER).await;

    world.gate.shut();
    let opening = async {
        world.gate.wait_for_cut_offs(8).await;
        world.gate.open();
    };
    let frame = json!({ "type": "message", "content": "hello" });
    let (sent, ()) = tokio::join!(alice.request(frame), opening);
    let heard = alice.receive().await;

    assert_eq!(sent["type"], "message_sent");
    assert_eq!(
        (&heard["seq"], &heard["content"]),
        (&json!(1), &json!("hello"))
    );
}

#[tokio::test]
async fn what_could_not_be_sent_is_heard_after_the_outage_though_nobody_posts_again() {
    let setting = Setting::start().await;
    let world = &setting.world;
    let mut alice = world.join(WRITER).await;

    world.gate.shut();
    for content in ["first", "second"] {
        let sent = alice.request(json!({ "type": "message", "content": content }));
        assert_eq!(sent.await["type"], "message_sent");
    }
    let order = setting.takes(ORDERS).await;
    world.app.advance(11);
    let during = triggers(&world.app, &order, 1).await;
    world.gate.open();
    succeeds(&world.app, &order, 2).await;

    let resend = r#"{"kind":"resend","conversation":"lobby","generation":0}"#;
    assert_eq!(order, resend);
    assert_eq!(during.status, 500);
    for (seq, content) in [(1, "first"), (2, "second")] {
        let heard = alice.receive().await;
        assert_eq!(
            (&heard["seq"], &heard["content"]),
            (&json!(seq), &json!(content))
        );
    }
    // It was recorded: nothing is sent again.
    let calls = world.gate.calls();
    succeeds(&world.app, &order, 3).await;
    assert_eq!(world.gate.calls(), calls);
}

#[tokio::test]
async fn the_last_try_of_a_resend_succeeds_because_another_message_follows_it() {
    let setting = Setting::start().await;
    let world = &setting.world;
    let mut alice = world.join(WRITER).await;
    world.gate.shut();
    alice
        .request(json!({ "type": "message", "content": "x" }))
        .await;
    let order = setting.takes(ORDERS).await;

    world.app.advance(11);
    succeeds(&world.app, &order, 10).await;
    world.app.advance(DAY);
    let too_old = triggers(&world.app, &order, 10).await;

    assert_eq!(too_old.status, 500);
}

#[tokio::test]
async fn a_deletion_takes_records_and_blobs_along() {
    let setting = Setting::start().await;
    let app = &setting.world.app;
    let mut alice = setting.world.join(WRITER).await;
    let (id, url) = uploads(app).await;
    let said = json!({ "type": "message", "content": "x", "file": { "fileId": id } });
    assert_eq!(alice.request(said).await["type"], "message_sent");
    assert_eq!(downloads(&url).await, 200);

    setting.deletes("lobby").await;
    let order = setting.takes(ORDERS).await;
    succeeds(app, &order, 1).await;

    assert_eq!(
        order,
        r#"{"kind":"clear","room_id":"lobby","generation":0}"#
    );
    assert_eq!(downloads(&url).await, 404);
    assert_eq!(setting.stored("lobby").await, 0);
    // What is alive is not touched, whatever a message says.
    let mut alice = setting.world.join(WRITER).await;
    alice
        .request(json!({ "type": "message", "content": "new" }))
        .await;
    let far = r#"{"kind":"clear","room_id":"lobby","generation":99}"#;
    succeeds(app, far, 1).await;
    assert_eq!(setting.stored("lobby").await, 2);
}

#[tokio::test]
async fn what_a_crash_left_of_a_room_is_removed_after_the_next_start() {
    // Nobody takes the order from this queue.
    let crashed = Setting::start().await;
    let mut alice = crashed.world.join(WRITER).await;
    alice
        .request(json!({ "type": "message", "content": "x" }))
        .await;
    crashed.deletes("lobby").await;
    assert_eq!(crashed.stored("lobby").await, 2);
    let (store, place) = (crashed.store.clone(), crashed.place.clone());
    drop(crashed);

    let next = World::with(&[("STORE", &place)]).await;
    for _ in 0..2000 {
        next.app.negotiate("room_id=elsewhere").await.ok();
        if stored(&*store, "lobby").await == 0 {
            return;
        }
    }
    panic!("it is still there");
}

#[tokio::test]
async fn an_upload_that_no_message_names_is_removed_after_a_day() {
    let setting = Setting::start().await;
    let app = &setting.world.app;
    let mut alice = setting.world.join(WRITER).await;
    let (named, named_url) = uploads(app).await;
    let (forgotten, forgotten_url) = uploads(app).await;
    let say = |id: &Value| json!({ "type": "message", "content": "x", "file": { "fileId": id } });
    assert_eq!(alice.request(say(&named)).await["type"], "message_sent");

    app.advance(DAY + 1);
    let late = alice.request(say(&forgotten)).await;
    for _ in 0..2000 {
        app.negotiate("room_id=elsewhere").await.ok();
        if downloads(&forgotten_url).await == 404 {
            break;
        }
    }

    assert_eq!(late["error"], "not_found", "{late}");
    assert_eq!(downloads(&forgotten_url).await, 404);
    assert_eq!(downloads(&named_url).await, 200);
    assert_eq!(alice.request(say(&named)).await["type"], "message_sent");
}

#[tokio::test]
async fn a_message_that_can_never_succeed_fails_and_the_next_is_served() {
    let setting = Setting::start().await;
    let app = &setting.world.app;

    for text in [
        "",
        "no JSON",
        "[]",
        "{}",
        r#"{"kind":"unknown"}"#,
        r#"{"kind":"clear"}"#,
        r#"{"kind":"clear","room_id":"lobby","generation":"1"}"#,
        r#"{"kind":"clear","room_id":"org:acme","generation":1}"#,
        r#"{"kind":"resend","conversation":7,"generation":1}"#,
        r#"{"kind":"resend","conversation":"../x","generation":1}"#,
        r#"{"kind":"settle"}"#,
    ] {
        assert_eq!(triggers(app, text, 1).await.status, 500, "{text}");
    }
    let good = r#"{"kind":"resend","conversation":"lobby","generation":0}"#;
    succeeds(app, good, 1).await;
}

#[tokio::test]
async fn in_a_container_the_handler_reads_the_queue_itself() {
    let setting = Setting::started_by(Listen::Container(0)).await;
    let mut alice = setting.world.join(WRITER).await;
    alice
        .request(json!({ "type": "message", "content": "x" }))
        .await;
    let bad = r#"{"kind":"unknown"}"#;

    setting.queue(ORDERS).put(bad, HOUR).await.unwrap();
    setting.deletes("lobby").await;

    assert_eq!(setting.takes(POISON).await, bad);
    let clearing = async { while setting.stored("lobby").await > 0 {} };
    timeout(TIMEOUT, clearing).await.expect("it is still there");
}

#[tokio::test]
async fn a_notification_that_could_not_be_sent_is_sent_from_the_queue() {
    let setting = Setting::start().await;
    let world = &setting.world;
    let mut tab = open_tab(world, "alice").await;

    world.gate.shut();
    notified(world, "alice", &json!({ "id": "n-1", "title": "Hi" })).await;
    let order = setting.takes(ORDERS).await;
    let during = triggers(&world.app, &order, 1).await;
    world.gate.open();
    succeeds(&world.app, &order, 2).await;

    assert_eq!(order, r#"{"kind":"notify","user_id":"alice","id":"n-1"}"#);
    assert_eq!(during.status, 500);
    let received = tab.drain().await;
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0]["notification"]["title"], "Hi");
}

#[tokio::test]
async fn a_settle_message_finishes_a_ban_whose_effects_failed() {
    let setting = Setting::start().await;
    let (world, app) = (&setting.world, &setting.world.app);
    let mut bob = world
        .join("room_id=lobby&username=bob&role=writer&channel=audio")
        .await;
    bob.receive_type("connection").await;
    let ban = json!({ "userId": "anon:bob" });
    let message = json!({ "content": "hello" });

    world.gate.shut();
    let banned = app
        .back_end(Method::POST, "/api/rooms/lobby/ban", &ban)
        .await;
    world.gate.open();
    let order = setting.takes(ORDERS).await;
    succeeds(app, &order, 1).await;
    let posted = app
        .back_end(Method::POST, "/api/rooms/lobby/messages", &message)
        .await;

    banned.assert_problem(503, "unavailable");
    assert_eq!(order, r#"{"kind":"settle","conversation":"lobby"}"#);
    assert_eq!(posted.status, 201);
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}
