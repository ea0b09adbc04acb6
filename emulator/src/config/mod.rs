//! Settings: an access key or two, and for each hub who may connect and which handlers hear of it.

mod env;
mod handler;
mod keys;
mod section;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

use crate::clock::Clock;

pub use handler::{EventHandler, InvalidTemplate, SystemEvent};
pub use keys::{InvalidKey, Keys};
use section::Section;

const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Everything an emulator needs to know before it starts.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(crate) keys: Keys,
    pub(crate) hubs: BTreeMap<String, HubConfig>,
    pub(crate) failing_events: FailingEvents,
    pub(crate) timing: Timing,
    pub(crate) clock: Clock,
    pub(crate) control: bool,
}

/// The settings of one hub. A hub without settings works too: nobody connects anonymously and
/// no handler hears of its events.
#[derive(Debug, Clone)]
pub struct HubConfig {
    pub(crate) anonymous: bool,
    pub(crate) keep_alive: Duration,
    pub(crate) handlers: Vec<EventHandler>,
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

/// How long things take. The defaults are those of the service as far as they are known; tests
/// shorten them.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How long a reliable connection without a socket can be recovered.
    pub recovery_window: Duration,
    /// From sending an event to the headers of its answer, repeats included.
    pub webhook_timeout: Duration,
    /// The pauses before an event is sent again after 408, 5xx or a network failure.
    pub retry_after: Vec<Duration>,
    /// How long a handler may take to allow this origin.
    pub validation_timeout: Duration,
    /// After how long a handler that allowed this origin is asked again.
    pub revalidate_after: Duration,
    /// How long a client may take to answer a close frame.
    pub close_timeout: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            recovery_window: Duration::from_secs(30),
            webhook_timeout: Duration::from_secs(100),
            retry_after: [1, 3, 5].map(Duration::from_secs).to_vec(),
            validation_timeout: Duration::from_secs(10),
            revalidate_after: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
        }
    }
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

    /// What an application sets as its Web PubSub connection string.
    pub fn connection_string(&self, addr: SocketAddr) -> String {
        // `localhost` reads better and is what Microsoft's emulator prints, but it may resolve to
        // ::1, so it stands only for the address that every resolver also tries.
        let host = if addr.ip() == std::net::Ipv4Addr::LOCALHOST {
            format!("localhost:{}", addr.port())
        } else {
            addr.to_string()
        };
        let key = self.keys.primary();
        format!("Endpoint=http://{host};AccessKey={key};Version=1.0;")
    }
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            anonymous: false,
            keep_alive: DEFAULT_KEEP_ALIVE,
            handlers: Vec::new(),
        }
    }
}

impl HubConfig {
    fn from_section(section: &mut Section) -> Result<Self, ConfigError> {
        let mut hub = Self::default();
        if let Some(policy) = section.text("AnonymousConnectPolicy")? {
            hub.anonymous = match policy.to_ascii_lowercase().as_str() {
                "allow" => true,
                "deny" => false,
                _ => return Err(section.wrong("AnonymousConnectPolicy", "allow or deny")),
            };
        }
        const KEEP_ALIVE: &str = "WebSocketKeepAliveIntervalInSeconds";
        if let Some(seconds) = section.number(KEEP_ALIVE)? {
            if !(1..=120).contains(&seconds) {
                return Err(section.wrong(KEEP_ALIVE, "between 1 and 120"));
            }
            hub.keep_alive = Duration::from_secs(seconds);
        }
        for mut handler in section.list("EventHandlers")? {
            hub.handlers.push(EventHandler::from_section(&mut handler)?);
            handler.finish()?;
        }
        Ok(hub)
    }

    /// The same with one more handler; the first that wants an event gets it.
    #[must_use]
    pub fn with_handler(mut self, handler: EventHandler) -> Self {
        self.handlers.push(handler);
        self
    }

    /// The same with clients admitted that show no token.
    #[must_use]
    pub fn allowing_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// The same with WebSocket pings at this interval.
    #[must_use]
    pub fn with_keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = interval;
        self
    }
}

/// A letter, then up to 127 letters, digits or ``_`,.[]``.
pub(crate) fn is_hub_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_`,.[]".contains(c);
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(legal)
}

#[cfg(test)]
mod tests;
