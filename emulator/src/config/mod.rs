//! Settings: an access key or two, and for each hub who may connect and which handlers hear of it.

mod auth;
mod env;
mod handler;
mod hub;
mod keys;
mod section;
mod timing;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use thiserror::Error;

use crate::clock::Clock;
use crate::tls::Tls;

pub use handler::{EventHandler, InvalidTemplate, SystemEvent};
pub use hub::HubConfig;
pub(crate) use hub::is_hub_name;
pub use keys::{InvalidKey, Keys};
use section::Section;
pub use timing::Timing;

/// Everything an emulator needs to know before it starts.
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
}

/// What happens to a client with a subprotocol when the handler of its event fails. The
/// documentation and Microsoft's emulator disagree; a simple client is dropped in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailingEvents {
    /// As Microsoft's emulator does: an error acknowledgement, and the connection stays.
    #[default]
    KeepConnection,
    /// As the documentation says.
    DropConnection,
}

/// A setting that cannot be used; the text names it.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("the configuration is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    #[error("unknown setting {0}")]
    Unknown(String),
    #[error("the setting {path} must be {expected}")]
    WrongType {
        path: String,
        expected: &'static str,
    },
    #[error("the setting {0} is missing")]
    Missing(String),
    #[error("the setting {path} cannot be used: {why}")]
    Invalid { path: String, why: String },
}

impl Config {
    /// Reads the shape that Microsoft's emulator has: a `WebPubSub` object.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        Self::from_value(serde_json::from_str(text)?)
    }

    /// A JSON file, if any, overlaid with settings such as `WebPubSub__Hubs__chat__…`; names that
    /// do not begin with `WebPubSub__` are somebody else's and are left alone.
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

    /// The same with this hub's settings; hub names know no letter case.
    #[must_use]
    pub fn with_hub(mut self, name: &str, hub: HubConfig) -> Self {
        self.hubs.insert(name.to_ascii_lowercase(), hub);
        self
    }

    /// The same with other access keys.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// The same with this clock, which the caller may move.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The same with other durations.
    #[must_use]
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// The same with another answer to failing events.
    #[must_use]
    pub fn with_failing_events(mut self, failing_events: FailingEvents) -> Self {
        self.failing_events = failing_events;
        self
    }

    /// The same with the control API under `/emulator/`, for this machine only.
    #[must_use]
    pub fn with_control(mut self) -> Self {
        self.control = true;
        self
    }

    /// The same with HTTPS beside HTTP, on the same port.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The same with handlers on this machine believed whatever certificate they show.
    #[must_use]
    pub fn trusting_loopback_handlers(mut self) -> Self {
        self.trust_loopback_handlers = true;
        self
    }

    /// The same with Entra ID's bearer tokens taken for REST calls. Their audience and their times
    /// count; their signature does not, since the keys for it are not on this machine.
    #[must_use]
    pub fn accepting_entra_tokens(mut self) -> Self {
        self.accept_entra_tokens = true;
        self
    }

    /// Where the emulator is found on this address: a URL without a path.
    pub fn endpoint(&self, addr: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        // `localhost` reads better and is what Microsoft's emulator prints, but it may resolve to
        // ::1, so it stands only for the address that every resolver also tries.
        if addr.ip() == std::net::Ipv4Addr::LOCALHOST {
            format!("{scheme}://localhost:{}", addr.port())
        } else {
            format!("{scheme}://{addr}")
        }
    }

    /// What an application sets as its Web PubSub connection string.
    pub fn connection_string(&self, addr: SocketAddr) -> String {
        let endpoint = self.endpoint(addr);
        let key = self.keys.primary();
        format!("Endpoint={endpoint};AccessKey={key};Version=1.0;")
    }
}

#[cfg(test)]
mod tests;
