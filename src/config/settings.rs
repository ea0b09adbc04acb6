//! Reads settings one by one and collects every error instead of stopping at the first.

use std::fmt;

use secrecy::SecretString;
use url::{Host, Url};

/// Returns the value of a setting. Tests pass a map, the binary its environment.
pub type Source<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One invalid setting. The text never repeats the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub setting: &'static str,
    pub problem: String,
}

/// All invalid settings, so that one deployment can fix them all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", error.setting, error.problem)?;
        }
        Ok(())
    }
}

/// Reads settings and collects their errors.
pub(super) struct Settings<'a> {
    source: Source<'a>,
    errors: Vec<ConfigError>,
}

impl<'a> Settings<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self {
            source,
            errors: Vec::new(),
        }
    }

    pub(super) fn reject(&mut self, setting: &'static str, problem: impl Into<String>) {
        self.errors.push(ConfigError {
            setting,
            problem: problem.into(),
        });
    }

    /// `Ok` only if there was no error.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigErrors> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(ConfigErrors(self.errors)),
        }
    }

    /// An empty value counts as unset: portals and templates create such values.
    pub(super) fn text(&mut self, setting: &'static str) -> Option<String> {
        let value = (self.source)(setting)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(super) fn required(&mut self, setting: &'static str, why: &str) -> Option<String> {
        let value = self.text(setting);
        if value.is_none() {
            self.reject(setting, format!("is missing: {why}"));
        }
        value
    }

    pub(super) fn secret(&mut self, setting: &'static str) -> Option<SecretString> {
        self.text(setting).map(SecretString::from)
    }

    /// A secret that somebody chose. A short one can be guessed from one value that it signed.
    pub(super) fn chosen_secret(
        &mut self,
        setting: &'static str,
        min_bytes: usize,
    ) -> Option<SecretString> {
        let secret = self.text(setting)?;
        self.check_secret(setting, &secret, min_bytes);
        Some(secret.into())
    }

    /// An app setting on Azure that the platform could not resolve keeps its text, which everyone
    /// who sees the template can guess.
    pub(super) fn check_secret(&mut self, setting: &'static str, secret: &str, min_bytes: usize) {
        if secret.starts_with("@Microsoft.KeyVault(") {
            self.reject(
                setting,
                "is a Key Vault reference that Azure did not resolve: give the app's identity \
                 the role Key Vault Secrets User, check the secret's name, and restart the app",
            );
        } else if secret.len() < min_bytes {
            self.reject(setting, format!("must have at least {min_bytes} bytes"));
        }
    }

    /// A comma-separated list. Empty entries are ignored.
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
                self.reject(setting, "must be `true` or `false`");
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
                let (min, max) = (allowed.start(), allowed.end());
                self.reject(
                    setting,
                    format!("must be a whole number from {min} to {max}"),
                );
                default
            }
        }
    }

    /// An address that keys or tokens travel to or from. It must be encrypted, except on this
    /// machine: whoever can change keys in transit can sign in as anyone.
    pub(super) fn secure_address(&mut self, setting: &'static str) -> Option<Url> {
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
                self.reject(
                    setting,
                    "must begin with https:// (http:// only for this machine's own addresses)",
                );
                None
            }
        }
    }

    /// A value that a type of ours parses.
    pub(super) fn parsed<T>(&mut self, setting: &'static str) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: fmt::Display,
    {
        let text = self.text(setting)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(problem) => {
                self.reject(setting, format!("cannot be used: {problem}"));
                None
            }
        }
    }
}
