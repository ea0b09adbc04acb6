//! A handler together with the emulator.

use std::sync::Arc;

use serde_json::json;
use switchboard::config::Listen;
use switchboard::store::Store;

use super::{Gate, Hub, Socket, TestApp};

/// A handler with the emulator as its service, both in this process: real sockets, webhooks and REST
/// calls, and a [`Gate`] between the two.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) gate: Gate,
    _hub: Hub,
}

impl World {
    /// Admits anonymous callers, and accepts user tokens signed with a secret that the test knows.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::started_by(Listen::Unset, settings).await
    }

    /// Started by the Functions host, or in a container.
    pub(crate) async fn started_by(listen: Listen, settings: &[(&str, &str)]) -> Self {
        Self::build(settings, listen, |store| store).await
    }

    /// With a store that the test wraps in something of its own.
    pub(crate) async fn build(
        settings: &[(&str, &str)],
        listen: Listen,
        around: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        let hub = Hub::start().await;
        let settings = Self::settings(settings);
        let app = TestApp::with_store_around(&hub.endpoint(), &settings, listen, around).await;
        hub.send_events_to(&app.base);
        Self {
            app,
            gate: hub.gate.clone(),
            _hub: hub,
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
