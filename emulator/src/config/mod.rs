//! The configuration: access keys, and the clients and handlers of each hub.

mod auth;
mod door;
mod env;
mod error;
mod handler;
mod hub;
mod keys;
mod section;
mod timing;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::Clock;
use crate::tls::Tls;

pub(crate) use door::Door;
pub use error::ConfigError;
pub use handler::{EventHandler, SystemEvent, TemplateError};
pub use hub::HubConfig;
pub(crate) use hub::is_hub_name;
pub use keys::{KeyError, Keys};
use section::Section;
pub use timing::Timing;

/// The configuration of an emulator.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(crate) keys: Keys,
    pub(crate) hubs: BTreeMap<String, HubConfig>,
    pub(crate) failing_events: FailingEvents,
    pub(crate) timing: Timing,
    pub(crate) clock: Clock,
    pub(crate) control: bool,
    pub(crate) tls: Option<Tls>,
    pub(crate) trust_loopback_handlers: bool,
    pub(crate) accept_entra_tokens: bool,
    pub(crate) in_process: Option<Door>,
}

/// What happens to a client with a subprotocol when the handler of its event fails. The
/// documentation and Microsoft's emulator disagree. Both drop simple clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailingEvents {
    /// Sends an error acknowledgement and keeps the connection, like Microsoft's emulator.
    #[default]
    KeepConnection,
    /// Drops the connection, as documented.
    DropConnection,
}

impl Config {
    /// Reads a `WebPubSub` object, the format of Microsoft's emulator.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        Self::from_value(serde_json::from_str(text)?)
    }

    /// Reads an optional JSON file, overlaid with settings such as `WebPubSub__Hubs__chat__…`.
    /// Other names are ignored.
    pub fn from_settings(
        file: Option<&str>,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let base = match file {
            Some(text) => serde_json::from_str(text)?,
            None => Value::Object(serde_json::Map::new()),
        };
        Self::from_value(env::overlay(base, settings))
    }

    fn from_value(value: Value) -> Result<Self, ConfigError> {
        let mut root = Section::root(value)?;
        let mut config = Self::default();
        if let Some(mut section) = root.section("WebPubSub")? {
            config.keys = Keys::from_section(&mut section)?;
            config.failing_events = match section.flag("FailingEventDropsConnection")? {
                Some(true) => FailingEvents::DropConnection,
                Some(false) | None => FailingEvents::KeepConnection,
            };
            config.trust_loopback_handlers =
                section.flag("TrustLoopbackHandlers")?.unwrap_or_default();
            config.accept_entra_tokens = section.flag("AcceptEntraTokens")?.unwrap_or_default();
            for (name, mut hub) in section.named_sections("Hubs")? {
                let path = hub.path().to_owned();
                if !is_hub_name(&name) {
                    return Err(ConfigError::Invalid {
                        path,
                        why: "a hub's name is a letter, then up to 127 of A-Za-z0-9_`,.[]"
                            .to_owned(),
                    });
                }
                let settings = HubConfig::from_section(&mut hub)?;
                hub.finish()?;
                config.hubs.insert(name.to_ascii_lowercase(), settings);
            }
            section.finish()?;
        }
        root.finish()?;
        Ok(config)
    }

    /// Sets the configuration of a hub. Hub names are case-insensitive.
    #[must_use]
    pub fn with_hub(mut self, name: &str, hub: HubConfig) -> Self {
        self.hubs.insert(name.to_ascii_lowercase(), hub);
        self
    }

    /// Sets the access keys.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// Sets the clock, which the caller may move.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets time limits and pauses.
    #[must_use]
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Sets the reaction to failing events.
    #[must_use]
    pub fn with_failing_events(mut self, failing_events: FailingEvents) -> Self {
        self.failing_events = failing_events;
        self
    }

    /// Enables the control API under `/emulator/`, for this machine only.
    #[must_use]
    pub fn with_control(mut self) -> Self {
        self.control = true;
        self
    }

    /// Enables HTTPS beside HTTP, on the same port.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Trusts handlers on this machine with any certificate.
    #[must_use]
    pub fn trusting_loopback_handlers(mut self) -> Self {
        self.trust_loopback_handlers = true;
        self
    }

    /// Accepts Entra ID's bearer tokens for REST calls. Their audience and times are checked, but
    /// not their signature, since the keys are not on this machine.
    #[must_use]
    pub fn accepting_entra_tokens(mut self) -> Self {
        self.accept_entra_tokens = true;
        self
    }

    /// Reaches handlers whose URL has this host and port, such as `127.0.0.1:7071`, without a
    /// socket: each connection is a stream in memory whose other end is sent here. Requests and
    /// answers are the same bytes.
    #[must_use]
    pub fn with_handlers_in_process(
        mut self,
        authority: &str,
        connections: UnboundedSender<DuplexStream>,
    ) -> Self {
        self.in_process = Some(Door {
            authority: authority.to_owned(),
            connections,
        });
        self
    }

    /// The URL of the emulator on this address, without a path.
    pub fn endpoint(&self, addr: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        // `localhost` reads better and is what Microsoft's emulator prints. It may resolve to ::1,
        // so it stands only for the IPv4 address, which every resolver tries as well.
        if addr.ip() == std::net::Ipv4Addr::LOCALHOST {
            format!("{scheme}://localhost:{}", addr.port())
        } else {
            format!("{scheme}://{addr}")
        }
    }

    /// The Web PubSub connection string for applications.
    pub fn connection_string(&self, addr: SocketAddr) -> String {
        let endpoint = self.endpoint(addr);
        let key = self.keys.primary();
        format!("Endpoint={endpoint};AccessKey={key};Version=1.0;")
    }
}

#[cfg(test)]
mod tests;
