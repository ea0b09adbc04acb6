//! A handler that runs inside the test process.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use reqwest::{Client as Http, Method, RequestBuilder};
use serde_json::{Value, json};
use switchboard::app::{App, AppState};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::clock::{Clock, Ids};
use switchboard::command::serve::serve;
use switchboard::config::{Config, Listen};
use switchboard::store::Store;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Answer, Event, fresh_folder};

pub(crate) const KEY: &str = "the-access-key-of-the-tests-0123456789";
pub(crate) const NOW: i64 = 1_800_000_000;

/// A handler in this process, with a clock that only the test moves. Dropping it stops the handler.
pub(crate) struct TestApp {
    pub(crate) base: String,
    http: Http,
    now: Arc<AtomicI64>,
    _stop: oneshot::Sender<()>,
}

impl TestApp {
    pub(crate) const JWT_SECRET: &str = "a-secret-of-32-bytes-or-rather-more";
    pub(crate) const API_TOKEN: &str = "the-api-token-of-the-tests";

    /// Admits anonymous callers, and accepts user tokens signed with a secret that the test knows.
    pub(crate) async fn spawn() -> Self {
        Self::with(&[
            ("ALLOW_ANONYMOUS", "true"),
            ("JWT_SECRET", Self::JWT_SECRET),
        ])
        .await
    }

    /// With these settings; connection string, store and log level have defaults.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let endpoint = "http://localhost:9";
        Self::listening(endpoint, settings, Listen::Unset).await
    }

    /// With the service at this address.
    pub(crate) async fn with_service(endpoint: &str, settings: &[(&str, &str)]) -> Self {
        Self::listening(endpoint, settings, Listen::Unset).await
    }

    pub(crate) async fn listening(
        endpoint: &str,
        settings: &[(&str, &str)],
        listen: Listen,
    ) -> Self {
        Self::with_store_around(endpoint, settings, listen, |store| store).await
    }

    /// With a store that the test wraps in something of its own.
    pub(crate) async fn with_store_around(
        endpoint: &str,
        settings: &[(&str, &str)],
        listen: Listen,
        around: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        let connection_string = format!("Endpoint={endpoint};AccessKey={KEY};Version=1.0;");
        let mut map = HashMap::from([
            (
                "AZURE_WEB_PUBSUB_CONNECTION_STRING",
                connection_string.as_str(),
            ),
            ("LOG_LEVEL", "error"),
            // The clock stands still, so that all frames of a test come in one second.
            ("RATE_LIMIT_FRAMES", "0"),
        ]);
        // A new file each time; the store creates it on first use.
        let store = format!("sqlite:{}", fresh_folder().join("switchboard.db").display());
        map.insert("STORE", &store);
        map.extend(settings.iter().copied());
        let now = Arc::new(AtomicI64::new(NOW));
        let clock = {
            let now = now.clone();
            Clock::from_fn(move || Timestamp::from_second(now.load(Ordering::Relaxed)).unwrap())
        };
        let config = Config::from_settings(&|name| map.get(name).map(|v| (*v).to_owned()));
        let app = config
            .map(|config| App::with_store(config, clock.clone(), &Ids::random(), around).unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        // The host picks the handler's port beforehand; here the listener has picked one.
        let listen = match listen {
            Listen::Functions(_) => Listen::Functions(address.port()),
            other => other,
        };
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, AppState::new(app, listen, clock), async {
            let _ = stopped.await;
        }));
        Self {
            base: format!("http://{address}"),
            http: SharedHttpClient::new().client().unwrap(),
            now,
            _stop: stop,
        }
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    #[cfg(feature = "dev")]
    pub(crate) fn call_url(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    #[cfg(feature = "dev")]
    pub(crate) fn post_url(&self, url: &str) -> RequestBuilder {
        self.http.post(url)
    }

    pub(crate) fn get_url(&self, url: &str) -> RequestBuilder {
        self.http.get(url)
    }

    /// Calls with the API token, as a back end does.
    pub(crate) async fn back_end(&self, method: Method, path: &str, body: &Value) -> Answer {
        let call = self.call(method, path).bearer_auth(Self::API_TOKEN);
        Answer::of(call.body(body.to_string())).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.call(Method::GET, path)).await
    }

    pub(crate) async fn negotiate(&self, query: &str) -> Answer {
        self.get(&format!("/api/negotiate?{query}")).await
    }

    /// Negotiates with a user's token.
    pub(crate) async fn negotiate_as(&self, token: &str, query: &str) -> Answer {
        let call = self.call(Method::GET, &format!("/api/negotiate?{query}"));
        Answer::of(call.bearer_auth(token)).await
    }

    /// A token valid for an hour, with these claims added or changed.
    pub(crate) fn token(&self, user: &str, claims: Value) -> String {
        let mut all = json!({ "sub": user, "exp": NOW + 3600 });
        all.as_object_mut()
            .unwrap()
            .extend(claims.as_object().unwrap().clone());
        let key = jsonwebtoken::EncodingKey::from_secret(Self::JWT_SECRET.as_bytes());
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &all, &key).unwrap()
    }

    /// Calls a queue function as the host does: chunked, the text encoded twice.
    #[cfg(feature = "dev")]
    pub(crate) async fn trigger(&self, function: &str, text: &str, dequeue_count: u32) -> Answer {
        let call = self.call(Method::POST, &format!("/{function}"));
        trigger(call, text, dequeue_count).await
    }

    /// The same, with metadata of the message.
    #[cfg(feature = "dev")]
    pub(crate) async fn trigger_with(
        &self,
        function: &str,
        text: &str,
        metadata: &Value,
    ) -> Answer {
        let call = self.call(Method::POST, &format!("/{function}"));
        trigger_with(call, text, metadata).await
    }

    pub(crate) fn event(&self, kind: &str, connection: &str) -> Event {
        let path = match kind {
            "connect" | "connected" | "disconnected" => "/api/connect_event",
            _ => "/api/message_event",
        };
        Event::new(
            &self.http,
            &format!("{}{path}", self.base),
            kind,
            connection,
        )
    }
}

#[cfg(feature = "dev")]
pub(crate) async fn trigger(call: RequestBuilder, text: &str, dequeue_count: u32) -> Answer {
    let metadata = json!({ "DequeueCount": dequeue_count.to_string() });
    trigger_with(call, text, &metadata).await
}

/// Adds the body with which the host calls a queue function.
#[cfg(feature = "dev")]
async fn trigger_with(call: RequestBuilder, text: &str, metadata: &Value) -> Answer {
    let message = json!(json!(text).to_string());
    let body = json!({ "Data": { "message": message }, "Metadata": metadata }).to_string();
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    // The host waits for minutes.
    let call = call.timeout(std::time::Duration::from_secs(120));
    Answer::of(call.body(reqwest::Body::wrap_stream(chunks))).await
}
