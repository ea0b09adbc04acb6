//! What an emulator holds, to be taken to another one: hub settings, the clock, and what the reliable
//! connections are owed. Sockets cannot be taken along: an imported connection waits for its client
//! to come back with its reconnection token, which counts where the access key is the same.

mod connection;
mod message;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use crate::app::App;
use crate::client;
use crate::config::{Config, ConfigError};
use crate::hub::Audience;
use connection::ConnectionSnapshot;

const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Snapshot {
    version: u32,
    clock_ahead_ms: i64,
    /// In the shape of the configuration.
    hubs: Value,
    connections: Vec<ConnectionSnapshot>,
}

/// Why a snapshot cannot be taken over. Nothing was changed then.
#[derive(Debug, Error)]
pub(crate) enum ImportError {
    #[error("it is not an export: {0}")]
    NotASnapshot(#[from] serde_json::Error),
    #[error("it has version {0}, and this emulator reads version {VERSION}")]
    Version(u32),
    #[error("its settings cannot be used: {0}")]
    Settings(#[from] ConfigError),
    #[error("its connection {0} is invalid or there twice")]
    Connection(String),
    #[error("there are connections here: import into an emulator that has none")]
    NotEmpty,
}

impl Snapshot {
    /// Connection by connection: what happens meanwhile may be in it or not.
    pub(crate) fn take(app: &App) -> Self {
        let mut connections = Vec::new();
        for hub in app.hubs() {
            for connection in hub.select(Audience::Everyone) {
                if connection.agreed.protocol.is_reliable() {
                    connections.push(ConnectionSnapshot::take(&hub, &connection));
                }
            }
        }
        Self {
            version: VERSION,
            clock_ahead_ms: app.clock.ahead_ms(),
            hubs: app.hub_settings().to_json(),
            connections,
        }
    }

    pub(crate) fn parse(text: &[u8]) -> Result<Self, ImportError> {
        let snapshot: Self = serde_json::from_slice(text)?;
        match snapshot.version {
            VERSION => Ok(snapshot),
            other => Err(ImportError::Version(other)),
        }
    }

    /// The number of connections that now wait for their clients.
    pub(crate) fn restore(self, app: &Arc<App>) -> Result<usize, ImportError> {
        let settings = json!({ "WebPubSub": { "Hubs": self.hubs } });
        let config = Config::from_json(&settings.to_string())?;
        let mut restored = Vec::new();
        let mut ids = std::collections::BTreeSet::new();
        for snapshot in self.connections {
            let id = snapshot.id().to_owned();
            let connection = snapshot.restore(app);
            match connection {
                Some(connection) if ids.insert(id.clone()) => restored.push(connection),
                Some(_) | None => return Err(ImportError::Connection(id)),
            }
        }
        let somebody = |hub: Arc<crate::hub::Hub>| hub.exists(Audience::Everyone);
        if app.hubs().into_iter().any(somebody) {
            return Err(ImportError::NotEmpty);
        }

        app.hub_settings().replace(&config);
        app.clock.set_ahead_ms(self.clock_ahead_ms);
        let now_ms = app.clock.unix_ms();
        let count = restored.len();
        for restored in restored {
            let (hub, connection) = restored.enter(now_ms);
            client::await_recovery(app, hub, connection);
        }
        Ok(count)
    }
}
