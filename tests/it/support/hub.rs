//! The emulator behind a gate.

use std::net::Ipv4Addr;
use std::time::Duration;

use emulator::{Config, Emulator, HubSettings, Timing};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Gate, KEY};

/// The hub `ViewerHub` of an emulator in this process, behind a [`Gate`].
pub(crate) struct Hub {
    pub(crate) gate: Gate,
    settings: HubSettings,
    _stop: oneshot::Sender<()>,
}

impl Hub {
    /// It sends no events at first.
    pub(crate) async fn start() -> Self {
        Self::with_latency(Duration::ZERO).await
    }

    /// With a delay of all its answers, as a network has.
    pub(crate) async fn with_latency(latency: Duration) -> Self {
        let timing = Timing {
            latency,
            ..Timing::default()
        };
        let config = with_handlers(json!([])).with_timing(timing);
        let emulator = Emulator::new(config.with_control());
        let settings = emulator.hub_settings();
        let listener = emulator::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let gate = Gate::before(listener.local_addr().unwrap()).await;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(emulator.run(listener, async {
            let _ = stopped.await;
        }));
        Self {
            gate,
            settings,
            _stop: stop,
        }
    }

    /// Sends all events to the functions below this address from now on.
    pub(crate) fn send_events_to(&self, base: &str) {
        let base = base.replace("127.0.0.1", "localhost");
        self.settings.replace(&with_handlers(json!([
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
    }

    /// The address of the gate.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://localhost:{}", self.gate.address.port())
    }

    pub(crate) fn connection_string(&self) -> String {
        format!("Endpoint={};AccessKey={KEY};Version=1.0;", self.endpoint())
    }
}

fn with_handlers(handlers: Value) -> Config {
    let hub = json!({ "AnonymousConnectPolicy": "allow", "EventHandlers": handlers });
    let section = json!({ "WebPubSub": { "AccessKey": KEY, "Hubs": { "ViewerHub": hub } } });
    Config::from_json(&section.to_string()).unwrap()
}
