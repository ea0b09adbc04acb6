//! The service that the handlers of these tests call.

use std::sync::Arc;

use serde_json::json;
use switchboard::azure::http_client::SharedHttpClient;
use webpubsub::{HubClient, HubClientOptions, Payload, SendOptions};

use crate::support::{Gate, Hub};

/// The emulator behind a [`Gate`]. It sends no webhooks: the tests send them instead.
pub(super) struct Service {
    pub(super) gate: Gate,
    hub: Hub,
}

impl Service {
    pub(super) async fn start() -> Self {
        let hub = Hub::start().await;
        let gate = hub.gate.clone();
        Self { gate, hub }
    }

    pub(super) fn connection_string(&self) -> String {
        self.hub.connection_string()
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
