//! An event handler: a URL template and the events that it takes.

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use thiserror::Error;

use super::auth;
use super::error::ConfigError;
use super::section::Section;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An event handler of a hub.
#[derive(Debug, Clone)]
pub struct EventHandler {
    template: Vec<Part>,
    system_events: Vec<SystemEvent>,
    user_events: UserEvents,
    resource: Option<String>,
}

/// Events that the service raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemEvent {
    /// A client wants to connect. The handler decides.
    Connect,
    /// A client has connected.
    Connected,
    /// A connection has ended.
    Disconnected,
    /// A connection joined a group. How Azure is configured to send this is undocumented; here it
    /// is another system event.
    Joined,
    /// A connection left a group.
    Left,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum UserEvents {
    All,
    /// In lower case.
    Named(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Hub,
    Event,
}

/// Why a URL template is invalid.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    #[error("a handler's URL must begin with http:// or https://")]
    NotHttp,
    #[error(
        "tunnel:/// needs Microsoft's awps-tunnel, which dials the real service; give the handler's http:// URL"
    )]
    Tunnel,
    #[error("`{0}` is not a placeholder: use {{hub}} and {{event}}, outside the host name")]
    Placeholder(String),
    #[error("it is not a valid URL")]
    NotAUrl,
}

impl EventHandler {
    /// A handler for all user events, `connect`, `connected` and `disconnected`.
    pub fn all(url_template: &str) -> Result<Self, TemplateError> {
        use SystemEvent::{Connect, Connected, Disconnected};
        Ok(Self {
            template: parse_template(url_template)?,
            system_events: vec![Connect, Connected, Disconnected],
            user_events: UserEvents::All,
            resource: None,
        })
    }

    /// Limits the handler to these system events.
    #[must_use]
    pub fn with_system_events(mut self, events: &[SystemEvent]) -> Self {
        self.system_events = events.to_vec();
        self
    }

    /// Limits the handler to these user events: `*`, or comma-separated names.
    #[must_use]
    pub fn with_event_pattern(mut self, pattern: &str) -> Self {
        self.user_events = UserEvents::parse(pattern);
        self
    }

    /// Adds a managed identity's token for this resource to every event.
    #[must_use]
    pub fn with_managed_identity(mut self, resource: &str) -> Self {
        self.resource = Some(resource.to_owned());
        self
    }

    pub(super) fn from_section(section: &mut Section) -> Result<Self, ConfigError> {
        let template = section.required_text("UrlTemplate")?;
        let template =
            parse_template(&template).map_err(|why| section.invalid("UrlTemplate", &why))?;
        let mut system_events = Vec::new();
        for name in section.texts("SystemEvents")? {
            system_events.push(SystemEvent::parse(&name).ok_or_else(|| {
                section.wrong(
                    "SystemEvents",
                    "any of connect, connected, disconnected, joined and left",
                )
            })?);
        }
        let pattern = section.texts("EventPattern")?.join(",");
        let resource = match section.section("Auth")? {
            Some(section) => auth::resource(section)?,
            None => None,
        };
        Ok(Self {
            template,
            system_events,
            user_events: UserEvents::parse(&pattern),
            resource,
        })
    }

    /// The settings as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let template = self.template.iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Hub => "{hub}",
            Part::Event => "{event}",
        });
        let system_events = self.system_events.iter().map(|event| event.name());
        let pattern = match &self.user_events {
            UserEvents::All => "*".to_owned(),
            UserEvents::Named(names) => names.join(","),
        };
        json!({
            "UrlTemplate": template.collect::<String>(),
            "SystemEvents": system_events.collect::<Value>(),
            "EventPattern": pattern,
            "Auth": auth::to_json(self.resource()),
        })
    }

    /// The resource that the token in events is for; `None` if they carry no token.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    pub(crate) fn wants_system(&self, event: SystemEvent) -> bool {
        self.system_events.contains(&event)
    }

    pub(crate) fn wants_user(&self, event: &str) -> bool {
        match &self.user_events {
            UserEvents::All => true,
            UserEvents::Named(names) => names.iter().any(|name| name.eq_ignore_ascii_case(event)),
        }
    }

    /// The URL for an event. Placeholder values are escaped.
    pub(crate) fn url(&self, hub: &str, event: &str) -> String {
        let mut url = String::new();
        for part in &self.template {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Hub => url.extend(utf8_percent_encode(hub, UNRESERVED)),
                Part::Event => url.extend(utf8_percent_encode(event, UNRESERVED)),
            }
        }
        url
    }
}

impl SystemEvent {
    fn parse(name: &str) -> Option<Self> {
        use SystemEvent::{Connect, Connected, Disconnected, Joined, Left};
        [Connect, Connected, Disconnected, Joined, Left]
            .into_iter()
            .find(|event| event.name().eq_ignore_ascii_case(name))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Joined => "joined",
            Self::Left => "left",
        }
    }
}

impl UserEvents {
    fn parse(pattern: &str) -> Self {
        let names: Vec<_> = pattern
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        if names.iter().any(|name| name == "*") {
            Self::All
        } else {
            Self::Named(names)
        }
    }
}

fn parse_template(template: &str) -> Result<Vec<Part>, TemplateError> {
    let lower = template.to_ascii_lowercase();
    if lower.starts_with("tunnel:") {
        return Err(TemplateError::Tunnel);
    }
    let after_scheme = lower
        .strip_prefix("http://")
        .or_else(|| lower.strip_prefix("https://"))
        .ok_or(TemplateError::NotHttp)?;
    let host = after_scheme.split(['/', '?']).next().unwrap_or_default();
    if let Some((_, rest)) = host.split_once('{') {
        return Err(TemplateError::Placeholder(format!("{{{rest}")));
    }

    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once('{') {
        let (name, tail) = tail
            .split_once('}')
            .ok_or_else(|| TemplateError::Placeholder(format!("{{{tail}")))?;
        parts.push(Part::Text(text.to_owned()));
        parts.push(match name.to_ascii_lowercase().as_str() {
            "hub" => Part::Hub,
            "event" => Part::Event,
            _ => return Err(TemplateError::Placeholder(format!("{{{name}}}"))),
        });
        rest = tail;
    }
    parts.push(Part::Text(rest.to_owned()));

    let plain: String = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Hub | Part::Event => "x",
        })
        .collect();
    match plain.parse::<Uri>() {
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => Ok(parts),
        Ok(_) | Err(_) => Err(TemplateError::NotAUrl),
    }
}
