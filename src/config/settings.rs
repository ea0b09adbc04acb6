//! Reading settings one by one, keeping every mistake instead of stopping at the first.

use std::fmt;

use secrecy::SecretString;
use url::{Host, Url};

/// Where settings come from: a name in, its value out. Tests hand in a map, the binary the
/// environment.
pub type Source<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One setting that is wrong. The text never repeats the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub setting: &'static str,
    pub problem: String,
}

/// Everything that is wrong with the settings, so that one deployment mends it all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, mistake) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", mistake.setting, mistake.problem)?;
        }
        Ok(())
    }
}

/// Reads settings and remembers what was wrong with them.
pub(super) struct Settings<'a> {
    source: Source<'a>,
    mistakes: Vec<ConfigError>,
}

impl<'a> Settings<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self {
            source,
            mistakes: Vec::new(),
        }
    }

    pub(super) fn mistake(&mut self, setting: &'static str, problem: impl Into<String>) {
        self.mistakes.push(ConfigError {
            setting,
            problem: problem.into(),
        });
    }

    /// `Ok` only if nothing was wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigErrors> {
        match value {
            Some(value) if self.mistakes.is_empty() => Ok(value),
            _ => Err(ConfigErrors(self.mistakes)),
        }
    }

    /// An empty value counts as unset: portals and templates leave such ones behind.
    pub(super) fn text(&mut self, setting: &'static str) -> Option<String> {
        let value = (self.source)(setting)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(super) fn required(&mut self, setting: &'static str, why: &str) -> Option<String> {
        let value = self.text(setting);
        if value.is_none() {
            self.mistake(setting, format!("is missing: {why}"));
        }
        value
    }

    pub(super) fn secret(&mut self, setting: &'static str) -> Option<SecretString> {
        self.text(setting).map(SecretString::from)
    }

    /// A comma list; empty entries are passed over.
    pub(super) fn list(&mut self, setting: &'static str) -> Vec<String> {
        let text = self.text(setting).unwrap_or_default();
        let entries = text.split(',').map(str::trim);
        entries
            .filter(|e| !e.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn flag(&mut self, setting: &'static str) -> bool {
        match self
            .text(setting)
            .map(|t| t.to_ascii_lowercase())
            .as_deref()
        {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                self.mistake(setting, "must be `true` or `false`");
                false
            }
        }
    }

    pub(super) fn number(
        &mut self,
        setting: &'static str,
        default: u32,
        allowed: std::ops::RangeInclusive<u32>,
    ) -> u32 {
        let Some(text) = self.text(setting) else {
            return default;
        };
        match text.parse() {
            Ok(number) if allowed.contains(&number) => number,
            _ => {
                let (least, most) = (allowed.start(), allowed.end());
                self.mistake(
                    setting,
                    format!("must be a whole number from {least} to {most}"),
                );
                default
            }
        }
    }

    /// Where keys are published. In the clear only from this very machine: who can change keys
    /// on their way can sign in as anybody.
    pub(super) fn key_address(&mut self, setting: &'static str) -> Option<Url> {
        let text = self.text(setting)?;
        let is_loopback = |url: &Url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match Url::parse(&text) {
            Ok(url) if url.scheme() == "https" && url.has_host() => Some(url),
            Ok(url) if url.scheme() == "http" && is_loopback(&url) => Some(url),
            _ => {
                self.mistake(
                    setting,
                    "must begin with https:// (http:// only for this machine's own addresses)",
                );
                None
            }
        }
    }

    /// A value that one of our types must accept.
    pub(super) fn parsed<T>(&mut self, setting: &'static str) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: fmt::Display,
    {
        let text = self.text(setting)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(problem) => {
                self.mistake(setting, format!("cannot be used: {problem}"));
                None
            }
        }
    }
}
