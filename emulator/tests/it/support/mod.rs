//! Actors of the tests. Tokens and frames are made here and not by the library, so that a
//! misreading of the protocol cannot go unnoticed.

mod client;
mod facts;
mod handler;
mod protobuf;
mod raw;
mod recovery;
mod rest;
mod token;

use std::net::SocketAddr;
use std::time::Duration;

use emulator::{Clock, Config, EventHandler, HubConfig, Timing};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) use client::{Client, JSON, PROTOBUF, PROTOBUF_RELIABLE, RELIABLE};
pub(crate) use facts::facts;
pub(crate) use handler::{Answer, Handler, Seen};
pub(crate) use protobuf::{protobuf_member, say};
pub(crate) use raw::status;
pub(crate) use recovery::{recover, recovery_path, reliable};
pub(crate) use rest::{Answered, call};
pub(crate) use token::{sign, sign_as};

pub(crate) const KEY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH";

/// A test that waits longer than this has failed.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// An emulator on its own port, until it is dropped.
pub(crate) struct TestEmulator {
    pub(crate) addr: SocketAddr,
    pub(crate) clock: Clock,
    _stop: oneshot::Sender<()>,
}

impl TestEmulator {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let clock = Clock::system();
        let config = config.with_clock(clock.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(emulator::run(listener, config, async {
            let _ = stopped.await;
        }));
        Self {
            addr,
            clock,
            _stop: stop,
        }
    }

    /// With a hub `chat` whose events go to the handler.
    pub(crate) async fn with_handler(handler: &Handler) -> Self {
        Self::with(handled(handler)).await
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// A token for a hub's clients with these additional claims; `null` omits a claim.
    pub(crate) fn token(&self, hub: &str, claims: Value) -> String {
        let mut all = json!({ "aud": format!("{}/client/hubs/{hub}", self.endpoint()), "exp": 4_000_000_000_i64 });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        all.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        sign(&all, KEY)
    }

    pub(crate) fn client_path(&self, hub: &str, claims: Value) -> String {
        format!(
            "/client/hubs/{hub}?access_token={}",
            self.token(hub, claims)
        )
    }

    /// A client of the hub `chat`.
    pub(crate) async fn connect(&self, subprotocol: Option<&str>, claims: Value) -> Client {
        let path = self.client_path("chat", claims);
        Client::connect(self.addr, path, subprotocol.map(str::to_owned)).await
    }

    /// The status with which a client of the hub `chat` is refused, if any.
    pub(crate) async fn refusal(&self, claims: Value) -> Option<u16> {
        self.refusal_at(&self.client_path("chat", claims)).await
    }

    /// The same for this path.
    pub(crate) async fn refusal_at(&self, path: &str) -> Option<u16> {
        Client::try_connect(self.addr, path, Some(JSON)).await.err()
    }

    /// A client with every role, after its `connected` frame.
    pub(crate) async fn member(&self, user: &str, groups: &[&str]) -> Client {
        let roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
        let mut client = self
            .connect(
                Some(JSON),
                json!({ "sub": user, "role": roles, "webpubsub.group": groups }),
            )
            .await;
        client.connected().await;
        client
    }
}

/// A hub `chat` whose events go to the handler, with short pauses between tries.
pub(crate) fn handled(handler: &Handler) -> Config {
    let hub = HubConfig::default().with_handler(EventHandler::all(&handler.template()).unwrap());
    Config::default()
        .with_hub("chat", hub)
        .with_timing(short_pauses())
}

/// Short pauses, so that the tests need not wait as long as the service.
pub(crate) fn short_pauses() -> Timing {
    Timing {
        retry_after: vec![Duration::from_millis(5); 3],
        ..Timing::default()
    }
}

/// Waits for something that must happen.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(TIMEOUT, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen in {TIMEOUT:?}"),
    }
}
