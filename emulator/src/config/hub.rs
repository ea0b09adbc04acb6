//! The settings of one hub.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::ConfigError;
use super::handler::EventHandler;
use super::section::Section;

const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The settings of one hub. Without settings a hub works too: it refuses anonymous clients and
/// sends no events.
#[derive(Debug, Clone)]
pub struct HubConfig {
    pub(crate) anonymous: bool,
    pub(crate) keep_alive: Duration,
    pub(crate) handlers: Vec<EventHandler>,
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
    pub(super) fn from_section(section: &mut Section) -> Result<Self, ConfigError> {
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

    /// The settings as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let handlers = self.handlers.iter().map(EventHandler::to_json);
        json!({
            "AnonymousConnectPolicy": if self.anonymous { "allow" } else { "deny" },
            "WebSocketKeepAliveIntervalInSeconds": self.keep_alive.as_secs().clamp(1, 120),
            "EventHandlers": handlers.collect::<Value>(),
        })
    }

    /// Adds a handler. The first handler that takes an event gets it.
    #[must_use]
    pub fn with_handler(mut self, handler: EventHandler) -> Self {
        self.handlers.push(handler);
        self
    }

    /// Allows clients without a token.
    #[must_use]
    pub fn allowing_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Sets the interval of WebSocket pings.
    #[must_use]
    pub fn with_keep_alive(mut self, interval: Duration) -> Self {
        // A timer needs a period above zero.
        self.keep_alive = interval.max(Duration::from_millis(1));
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
