//! An IoT hub with devices, simulated on this machine: an endpoint with the hub's REST form for
//! commands, and telemetry through the stand-in host's own event feed.

mod device;
mod endpoint;
mod errors;
mod report;
mod signature;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpListener;

use super::error::DevError;
use super::settings::Configured;
use crate::clock::{Clock, Ids};
use device::Devices;
use endpoint::Endpoint;
use signature::Policy;

const EVENTS_NAME: &str = "IOT_HUB_EVENTS_NAME";
const CONSUMER_GROUP: &str = "IOT_HUB_CONSUMER_GROUP";
const DEFAULT_EVENTS_NAME: &str = "simulated-devices";

/// The hub, which listens and does not run yet.
pub(super) struct SimulatedHub {
    listener: TcpListener,
    host: String,
    key: String,
    policy: Policy,
    devices: Arc<Devices>,
    events_name: String,
    consumer_group: String,
    clock: Clock,
}

impl SimulatedHub {
    pub(super) async fn open(configured: &Configured, count: u16) -> Result<Self, DevError> {
        let names = [
            "IOT_HUB_CONNECTION_STRING",
            "IOT_HUB_HOST_NAME",
            "IOT_HUB_NAME",
        ];
        if let Some(name) = names
            .into_iter()
            .find(|name| configured.get(name).is_some())
        {
            return Err(DevError::HubIsSet(name));
        }
        let failed = |cause| DevError::Listen { port: 0, cause };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(failed)?;
        let host = listener.local_addr().map_err(failed)?.to_string();
        let ids = Ids::random();
        let secret = [ids.uuid().into_bytes(), ids.uuid().into_bytes()].concat();
        let clock = Clock::system();
        let or = |name, default: &str| configured.get(name).unwrap_or_else(|| default.to_owned());
        Ok(Self {
            key: STANDARD.encode(&secret),
            policy: Policy::new("service", secret, host.clone(), clock.clone()),
            devices: Arc::new(Devices::new(count, clock.seconds())),
            events_name: or(EVENTS_NAME, DEFAULT_EVENTS_NAME),
            consumer_group: or(CONSUMER_GROUP, "$Default"),
            listener,
            host,
            clock,
        })
    }

    fn connection_string(&self) -> String {
        let (host, key) = (&self.host, &self.key);
        format!("HostName={host};SharedAccessKeyName=service;SharedAccessKey={key}")
    }

    /// For the handler, and for the host that runs the trigger.
    pub(super) fn settings(&self) -> [(String, String); 3] {
        [
            ("IOT_HUB_CONNECTION_STRING", self.connection_string()),
            (EVENTS_NAME, self.events_name.clone()),
            (CONSUMER_GROUP, self.consumer_group.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// For a person.
    pub(super) fn describe(&self) -> Vec<String> {
        vec![
            format!("IoT Hub     {}", self.connection_string()),
            format!(
                "devices     {} report every second; {} is not connected",
                self.devices.names(),
                device::OFFLINE
            ),
        ]
    }

    /// Reports telemetry to the host at this address and answers commands. Never completes.
    pub(super) async fn run(self, host: SocketAddr) {
        let endpoint = Endpoint {
            policy: self.policy,
            devices: Arc::clone(&self.devices),
        };
        tokio::join!(
            endpoint.serve(self.listener),
            report::report(&self.devices, host, &self.events_name, &self.clock),
        );
    }
}
