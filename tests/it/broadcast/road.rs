//! The whole way of a message: Azurite's queue, a consumer, a store, and the emulator.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::queue::Queue;
use switchboard::clock::{Clock, Ids};
use switchboard::store::Store;
use switchboard::store::sqlite::SqliteStore;
use tokio::time::{sleep, timeout};

use super::consumer::{Consumer, Kind, Record};
use crate::support::{Account, Answer, Azurite, Hub, Proxy, Socket, TestApp, fresh_folder};

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(90);
pub(super) const ORDERS: &str = "switchboard-broadcast";
pub(super) const POISON: &str = "switchboard-broadcast-poison";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Where the handlers store everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Sqlite,
    /// Azurite's tables, through a [`Proxy`].
    Tables,
}

pub(super) struct Road {
    pub(super) hub: Hub,
    pub(super) azurite: Azurite,
    pub(super) account: Account,
    /// The way to the tables.
    pub(super) tables: Proxy,
    pub(super) consumer: Consumer,
    store: Arc<dyn Store>,
    orders: Queue,
    http: reqwest::Client,
}

impl Road {
    pub(super) async fn start(kind: Kind, place: Place) -> Self {
        let (hub, azurite) = tokio::join!(Hub::start(), Azurite::own(&[]));
        let account = azurite.account();
        let tables = Proxy::to(account.tables()).await;
        let account = account.with_tables_at(&tables.address);
        let file = fresh_folder().join("switchboard.db");
        let store = match place {
            Place::Sqlite => format!("sqlite:{}", file.display()),
            Place::Tables => "tables".to_owned(),
        };
        let settings = [
            (
                "AZURE_WEB_PUBSUB_CONNECTION_STRING",
                hub.connection_string(),
            ),
            ("AzureWebJobsStorage", account.connection_string()),
            ("STORE", store),
            ("ALLOW_ANONYMOUS", "true".to_owned()),
            ("API_TOKEN", TestApp::API_TOKEN.to_owned()),
            ("JWT_SECRET", TestApp::JWT_SECRET.to_owned()),
            ("RATE_LIMIT_FRAMES", "0".to_owned()),
        ];
        let settings: BTreeMap<_, _> = settings
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        let consumer = Consumer::start(kind, settings).await;
        hub.send_events_to(&consumer.base);
        Self {
            hub,
            azurite,
            orders: queue_of(&account, ORDERS),
            account,
            tables,
            consumer,
            store: Arc::new(SqliteStore::new(file, Ids::random())),
            http: SharedHttpClient::new().client().unwrap(),
        }
    }

    /// The store from behind, if it is SQLite.
    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(super) async fn nothing_is_poison(&self) -> bool {
        let taken = queue_of(&self.account, POISON).take(1, HOUR).await;
        taken.unwrap().is_empty()
    }

    pub(super) async fn put(&self, message: &Value) {
        self.put_text(&message.to_string()).await;
    }

    pub(super) async fn put_text(&self, text: &str) {
        self.orders.put(text, HOUR).await.unwrap();
    }

    /// Puts bytes that need not be text.
    pub(super) async fn put_bytes(&self, message: &[u8]) {
        self.put_raw(&STANDARD.encode(message)).await;
    }

    /// Puts the text that the queue stores, which should be base64.
    pub(super) async fn put_raw(&self, text: &str) {
        self.account
            .run_script("queue.mjs", &["put", ORDERS, text])
            .await;
    }

    /// The texts of this queue as they are stored.
    pub(super) async fn peek(&self, name: &'static str) -> Vec<String> {
        let seen = self.account.run_script("queue.mjs", &["peek", name]).await;
        serde_json::from_str(&seen).unwrap()
    }

    pub(super) async fn kill_handler(&mut self) {
        self.consumer.kill().await;
        self.hub.send_events_to(&self.consumer.base);
    }

    /// Waits, while hidden messages become visible again within a moment.
    pub(super) async fn as_time_passes<T>(&self, waiting: impl Future<Output = T>) -> T {
        let passing = async {
            loop {
                self.azurite.advance(15);
                sleep(Duration::from_millis(100)).await;
            }
        };
        let waiting = async {
            tokio::select! {
                result = waiting => result,
                () = passing => unreachable!(),
            }
        };
        self.in_time(waiting).await
    }

    /// Waits, and fails with the record of what happened if it takes too long.
    pub(super) async fn in_time<T>(&self, waiting: impl Future<Output = T>) -> T {
        let waited = timeout(TIMEOUT, waiting).await;
        waited.unwrap_or_else(|_| panic!("it never came: {:#?}", *self.consumer.record.borrow()))
    }

    /// Waits until the record of what happened is like this.
    pub(super) async fn until(&self, is_so: impl Fn(&Record) -> bool) {
        let mut record = self.consumer.record.clone();
        self.in_time(record.wait_for(|record| is_so(record)))
            .await
            .unwrap();
    }

    /// How many lines of the log contain this.
    pub(super) fn lines_with(&self, text: &str) -> usize {
        let record = self.consumer.record.borrow();
        record
            .lines
            .iter()
            .filter(|line| line.contains(text))
            .count()
    }

    /// Calls with the API token, as a back end does.
    pub(super) async fn back_end(&self, method: Method, path: &str, body: &Value) -> Answer {
        let url = format!("{}{path}", self.consumer.base);
        let call = self.http.request(method, url);
        let call = call.bearer_auth(TestApp::API_TOKEN).body(body.to_string());
        Answer::of(call).await
    }

    /// Calls as a signed-in user.
    pub(super) async fn get_as(&self, user: &str, path: &str) -> Value {
        let call = self.http.get(format!("{}{path}", self.consumer.base));
        Answer::of(call.bearer_auth(token(user, json!({}))))
            .await
            .ok()
    }

    pub(super) async fn join_as(&self, user: &str, claims: Value, query: &str) -> Socket {
        let call = self
            .http
            .get(format!("{}/api/negotiate?{query}", self.consumer.base));
        let negotiated = Answer::of(call.bearer_auth(token(user, claims))).await.ok();
        Socket::dial(negotiated["url"].as_str().unwrap())
            .await
            .unwrap()
    }
}

pub(super) fn queue_of(account: &Account, name: &'static str) -> Queue {
    let (http, account) = (SharedHttpClient::new(), account.settings());
    let identities = ManagedIdentities::new(http.clone());
    Queue::new(&account, name, http, Clock::system(), &identities).unwrap()
}

/// The handlers have a real clock, so the token is good for as long as the project lives.
fn token(user: &str, mut claims: Value) -> String {
    claims["sub"] = user.into();
    claims["exp"] = 4_000_000_000_u32.into();
    let key = EncodingKey::from_secret(TestApp::JWT_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
}
