//! The service that the handlers of these tests call.

use std::net::Ipv4Addr;
use std::sync::Arc;

use emulator::{Config, Emulator};
use serde_json::json;
use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::oneshot;
use webpubsub::{HubClient, HubClientOptions, Payload, SendOptions};

use crate::support::{Gate, KEY};

/// The emulator behind a [`Gate`]. It sends no webhooks: the tests send them instead.
pub(super) struct Service {
    pub(super) gate: Gate,
    _stop: oneshot::Sender<()>,
}

impl Service {
    pub(super) async fn start() -> Self {
        let hub = json!({ "AnonymousConnectPolicy": "allow", "EventHandlers": [] });
        let section = json!({ "WebPubSub": { "AccessKey": KEY, "Hubs": { "ViewerHub": hub } } });
        let emulator = Emulator::new(Config::from_json(&section.to_string()).unwrap());
        let listener = emulator::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let gate = Gate::before(listener.local_addr().unwrap()).await;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(emulator.run(listener, async {
            let _ = stopped.await;
        }));
        Self { gate, _stop: stop }
    }

    pub(super) fn connection_string(&self) -> String {
        let port = self.gate.address.port();
        format!("Endpoint=http://localhost:{port};AccessKey={KEY};Version=1.0;")
    }

    pub(super) fn hub(&self) -> HubClient {
        let options = HubClientOptions {
            http_client: Some(Arc::new(SharedHttpClient::new())),
            ..HubClientOptions::default()
        };
        HubClient::from_connection_string(&self.connection_string(), "ViewerHub", options).unwrap()
    }

    /// Tells all listeners that no more messages follow.
    pub(super) async fn send_end(&self) {
        let end = Payload::json(&json!({ "type": "end" })).unwrap();
        let options = SendOptions::default();
        self.hub().send_to_all(end, &options).await.unwrap();
    }
}
