//! State that all connections of one emulator share.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::{Config, FailingEvents, HubConfig, Keys, SystemEvent, Timing};
use crate::connection::Connection;
use crate::deliveries::Deliveries;
use crate::entra::Entra;
use crate::hub::Hub;
use crate::lock::RwLock;
use crate::message::StreamError;
use crate::streams::Stream;
use crate::tls::Tls;
use crate::upstream::Upstream;

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) keys: Keys,
    pub(crate) failing_events: FailingEvents,
    pub(crate) timing: Timing,
    pub(crate) clock: Clock,
    pub(crate) upstream: Upstream,
    pub(crate) entra: Arc<Entra>,
    pub(crate) accept_entra_tokens: bool,
    pub(crate) control: bool,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) tls: Option<Tls>,
    settings: HubSettings,
    hubs: RwLock<HashMap<String, Arc<Hub>>>,
    stopping: watch::Receiver<bool>,
}

/// The settings of the hubs of a running emulator. Clones are handles to the same settings.
#[derive(Debug, Clone, Default)]
pub struct HubSettings(Arc<RwLock<BTreeMap<String, Arc<HubConfig>>>>);

impl HubSettings {
    /// Replaces the settings of all hubs. The other settings of the configuration, such as keys,
    /// are ignored, and clients stay connected.
    pub fn replace(&self, config: &Config) {
        let hubs = config.hubs.iter();
        *self.0.write() = hubs
            .map(|(name, hub)| (name.clone(), Arc::new(hub.clone())))
            .collect();
    }

    /// The settings as JSON, as a configuration file has them.
    pub(crate) fn to_json(&self) -> Value {
        let hubs = self.0.read();
        let hubs = hubs.iter().map(|(name, hub)| (name.clone(), hub.to_json()));
        Value::Object(hubs.collect())
    }

    /// The name must be in lower case.
    fn get(&self, hub: &str) -> Arc<HubConfig> {
        self.0.read().get(hub).cloned().unwrap_or_default()
    }
}

impl App {
    pub(crate) fn new(
        config: &Config,
        endpoint: &str,
        settings: HubSettings,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let entra = Arc::new(Entra::new(endpoint, config.clock.clone()));
        Self {
            keys: config.keys.clone(),
            failing_events: config.failing_events,
            timing: config.timing.clone(),
            clock: config.clock.clone(),
            upstream: Upstream::new(config, entra.clone()),
            entra,
            accept_entra_tokens: config.accept_entra_tokens,
            control: config.control,
            deliveries: Arc::default(),
            tls: config.tls.clone(),
            settings,
            hubs: RwLock::default(),
            stopping,
        }
    }

    /// Every hub exists, with or without settings. The name must be in lower case.
    pub(crate) fn hub(&self, name: &str) -> Arc<Hub> {
        if let Some(hub) = self.hubs.read().get(name) {
            return hub.clone();
        }
        let mut hubs = self.hubs.write();
        hubs.entry(name.to_owned())
            .or_insert_with(|| Arc::new(Hub::new(name, self.deliveries.clone())))
            .clone()
    }

    /// `None` for a hub without any use so far.
    pub(crate) fn known_hub(&self, name: &str) -> Option<Arc<Hub>> {
        self.hubs.read().get(name).cloned()
    }

    pub(crate) fn hubs(&self) -> Vec<Arc<Hub>> {
        self.hubs.read().values().cloned().collect()
    }

    /// The name must be in lower case.
    pub(crate) fn hub_config(&self, hub: &str) -> Arc<HubConfig> {
        self.settings.get(hub)
    }

    pub(crate) fn hub_settings(&self) -> &HubSettings {
        &self.settings
    }

    /// Starts a task that is cancelled when the emulator stops.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut stopping = self.stopping.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = task => {}
                _ = stopping.wait_for(|&stopping| stopping) => {}
            }
        });
    }

    /// Resolves when the emulator stops.
    pub(crate) async fn stopped(&self) {
        // An error means that the server was dropped, which is a stop too.
        let _ = self.stopping.clone().wait_for(|&stopping| stopping).await;
    }

    /// Ends a connection: removes it from the hub and sends `disconnected` to its handler, once.
    pub(crate) fn end(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        connection: &Arc<Connection>,
        reason: &str,
    ) {
        if !connection.end() {
            return;
        }
        for stream in connection.streams.close_all() {
            let error = StreamError::from_service("Cancelled", "The publisher disconnected.");
            self.end_stream(hub, connection, &stream, Some(error));
        }
        for group in hub.remove(connection) {
            self.notify_group(hub, connection, SystemEvent::Left, &group);
        }
        hub.states.forget(connection, self.clock.unix_ms());
        let body = json!({ "reason": reason }).to_string();
        self.notify(hub, connection, SystemEvent::Disconnected, body.into());
    }

    /// Sends the last message of a stream to its subscribers.
    pub(crate) fn end_stream(
        &self,
        hub: &Hub,
        publisher: &Connection,
        stream: &Stream,
        error: Option<StreamError>,
    ) {
        let message = stream.last(publisher.user.clone(), error);
        let now = self.clock.unix_ms();
        hub.publish(publisher, &stream.group, stream.no_echo, message, now);
    }

    /// Sends an event to a handler without waiting for the answer.
    pub(crate) fn notify(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        connection: &Arc<Connection>,
        event: SystemEvent,
        body: Bytes,
    ) {
        let config = self.hub_config(&hub.name);
        if !config
            .handlers
            .iter()
            .any(|handler| handler.wants_system(event))
        {
            return;
        }
        let (app, hub, connection) = (self.clone(), hub.clone(), connection.clone());
        self.spawn(async move {
            app.upstream
                .notify(&hub.name, &config, &connection.identity, event, body)
                .await;
        });
    }

    fn notify_group(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        connection: &Arc<Connection>,
        event: SystemEvent,
        group: &str,
    ) {
        self.notify(
            hub,
            connection,
            event,
            json!({ "group": group }).to_string().into(),
        );
    }

    /// Adds a connection to a group. If it was not a member, the handler gets `joined`.
    pub(crate) fn join(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        connection: &Arc<Connection>,
        group: &str,
    ) {
        if hub.join(connection, group) {
            self.notify_group(hub, connection, SystemEvent::Joined, group);
        }
    }

    /// Removes a connection from a group. If it was a member, the handler gets `left`.
    pub(crate) fn leave(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        connection: &Arc<Connection>,
        group: &str,
    ) {
        if hub.leave(connection, group) {
            self.notify_group(hub, connection, SystemEvent::Left, group);
        }
    }

    pub(crate) fn leave_all(self: &Arc<Self>, hub: &Arc<Hub>, connection: &Arc<Connection>) {
        for group in hub.leave_all(connection) {
            self.notify_group(hub, connection, SystemEvent::Left, &group);
        }
    }
}
