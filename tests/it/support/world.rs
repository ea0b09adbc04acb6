//! A handler together with the emulator.

use std::net::Ipv4Addr;
use std::sync::Arc;

use emulator::{Config, Emulator};
use serde_json::{Value, json};
use switchboard::config::Listen;
use switchboard::store::Store;
use tokio::sync::oneshot;

use super::{Gate, KEY, Socket, TestApp};

/// A handler with the emulator as its service, both in this process: real sockets, webhooks and REST
/// calls, and a [`Gate`] between the two.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) gate: Gate,
    _stop: oneshot::Sender<()>,
}

impl World {
    /// Admits anonymous callers, and accepts user tokens signed with a secret that the test knows.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::with_store_around(settings, |store| store).await
    }

    /// With a store that the test wraps in something of its own.
    pub(crate) async fn with_store_around(
        settings: &[(&str, &str)],
        around: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        Self::build(settings, Listen::Unset, around).await
    }

    /// Started by the Functions host, or in a container.
    pub(crate) async fn started_by(listen: Listen, settings: &[(&str, &str)]) -> Self {
        Self::build(settings, listen, |store| store).await
    }

    async fn build(
        settings: &[(&str, &str)],
        listen: Listen,
        around: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        let keyed = |handlers: Value| {
            let hub = json!({ "AnonymousConnectPolicy": "allow", "EventHandlers": handlers });
            let section =
                json!({ "WebPubSub": { "AccessKey": KEY, "Hubs": { "ViewerHub": hub } } });
            Config::from_json(&section.to_string()).unwrap()
        };
        let emulator = Emulator::new(keyed(json!([])).with_control());
        let hubs = emulator.hub_settings();
        let listener = emulator::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let gate = Gate::before(listener.local_addr().unwrap()).await;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(emulator.run(listener, async {
            let _ = stopped.await;
        }));
        let endpoint = format!("http://localhost:{}", gate.address.port());
        let settings = Self::settings(settings);
        let app = TestApp::with_store_around(&endpoint, &settings, listen, around).await;
        let base = app.base.replace("127.0.0.1", "localhost");
        hubs.replace(&keyed(json!([
            {
                "UrlTemplate": format!("{base}/api/connect_event"),
                "SystemEvents": ["connect", "connected", "disconnected"],
                "EventPattern": "",
            },
            {
                "UrlTemplate": format!("{base}/api/message_event"),
                "SystemEvents": [],
                "EventPattern": "*",
            },
        ])));
        Self {
            app,
            gate,
            _stop: stop,
        }
    }

    fn settings<'a>(own: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut settings = vec![
            ("ALLOW_ANONYMOUS", "true"),
            ("JWT_SECRET", TestApp::JWT_SECRET),
            ("API_TOKEN", TestApp::API_TOKEN),
        ];
        settings.extend_from_slice(own);
        settings
    }

    /// An anonymous client that negotiates and connects.
    pub(crate) async fn join(&self, query: &str) -> Socket {
        let negotiated = self.app.negotiate(query).await.ok();
        Socket::dial(negotiated["url"].as_str().unwrap())
            .await
            .unwrap()
    }

    /// A signed-in client that negotiates and connects.
    pub(crate) async fn join_as(&self, user: &str, query: &str) -> Socket {
        let token = self.app.token(user, json!({}));
        let negotiated = self.app.negotiate_as(&token, query).await.ok();
        Socket::dial(negotiated["url"].as_str().unwrap())
            .await
            .unwrap()
    }
}
