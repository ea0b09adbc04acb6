//! Exports and imports an emulator's state: hub settings, the clock, and reliable connections with
//! their undelivered messages. Sockets cannot be exported: an imported connection waits for its
//! client to reconnect with its reconnection token, which is valid if the access key is the same.

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
    /// Hub settings as JSON.
    hubs: Value,
    connections: Vec<ConnectionSnapshot>,
}

/// Why an import failed. It has changed nothing.
#[derive(Debug, Error)]
pub(crate) enum ImportError {
    #[error("not an export: {0}")]
    NotASnapshot(#[from] serde_json::Error),
    #[error("version {0} is not supported, only version {VERSION}")]
    Version(u32),
    #[error("invalid settings: {0}")]
    Settings(#[from] ConfigError),
    #[error("connection {0} is invalid or occurs twice")]
    Connection(String),
    #[error("an emulator with connections cannot import")]
    NotEmpty,
}

impl Snapshot {
    /// Connections are read one after the other; concurrent changes may or may not be included.
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

    /// Returns the number of imported connections.
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
