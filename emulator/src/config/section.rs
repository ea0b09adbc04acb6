//! Reads settings by name, and reports the settings that were not read.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::error::ConfigError;

/// An object of the configuration. Names are case-insensitive. Numbers and flags may be text, since
/// environment variables are always text.
#[derive(Debug)]
pub(super) struct Section {
    path: String,
    entries: Map<String, Value>,
}

impl Section {
    pub(super) fn root(value: Value) -> Result<Self, ConfigError> {
        Self::of(value, String::new())
    }

    fn of(value: Value, path: String) -> Result<Self, ConfigError> {
        match value {
            Value::Object(entries) => Ok(Self { path, entries }),
            _ => Err(ConfigError::WrongType {
                path: if path.is_empty() {
                    "(root)".to_owned()
                } else {
                    path
                },
                expected: "an object",
            }),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn child(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}:{name}", self.path)
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let key = self
            .entries
            .keys()
            .find(|key| key.eq_ignore_ascii_case(name))?
            .clone();
        self.entries.remove(&key).filter(|value| !value.is_null())
    }

    pub(super) fn wrong(&self, name: &str, expected: &'static str) -> ConfigError {
        ConfigError::WrongType {
            path: self.child(name),
            expected,
        }
    }

    pub(super) fn invalid(&self, name: &str, why: &dyn fmt::Display) -> ConfigError {
        ConfigError::Invalid {
            path: self.child(name),
            why: why.to_string(),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ConfigError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "text")),
        }
    }

    pub(super) fn required_text(&mut self, name: &str) -> Result<String, ConfigError> {
        self.text(name)?
            .ok_or_else(|| ConfigError::Missing(self.child(name)))
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, ConfigError> {
        let parsed = match self.take(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64(),
        };
        parsed
            .map(Some)
            .ok_or_else(|| self.wrong(name, "a whole number"))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, ConfigError> {
        let parsed = match self.take(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.to_ascii_lowercase().parse().ok(),
            Some(value) => value.as_bool(),
        };
        parsed
            .map(Some)
            .ok_or_else(|| self.wrong(name, "true or false"))
    }

    pub(super) fn section(&mut self, name: &str) -> Result<Option<Self>, ConfigError> {
        let path = self.child(name);
        self.take(name)
            .map(|value| Self::of(value, path))
            .transpose()
    }

    /// The members of an object whose names the user chooses.
    pub(super) fn named_sections(
        &mut self,
        name: &str,
    ) -> Result<Vec<(String, Self)>, ConfigError> {
        let Some(parent) = self.section(name)? else {
            return Ok(Vec::new());
        };
        let path = parent.path;
        parent
            .entries
            .into_iter()
            .map(|(name, value)| {
                let section = Self::of(value, format!("{path}:{name}"))?;
                Ok((name, section))
            })
            .collect()
    }

    /// A list of objects.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<Self>, ConfigError> {
        let path = self.child(name);
        self.values(name)?
            .into_iter()
            .enumerate()
            .map(|(index, value)| Self::of(value, format!("{path}:{index}")))
            .collect()
    }

    /// A list of texts, or one text with commas.
    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, ConfigError> {
        self.values(name)?
            .into_iter()
            .map(|value| match value {
                Value::String(text) => Ok(text),
                _ => Err(self.wrong(name, "a list of texts")),
            })
            .collect()
    }

    /// An array, or an object with index names, as environment variables make it.
    fn values(&mut self, name: &str) -> Result<Vec<Value>, ConfigError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values),
            Some(Value::String(text)) => Ok(text
                .split(',')
                .map(|part| Value::String(part.trim().to_owned()))
                .filter(|part| part != "")
                .collect()),
            Some(Value::Object(indexed)) => {
                let sorted: Option<BTreeMap<u32, Value>> = indexed
                    .into_iter()
                    .map(|(index, value)| Some((index.parse().ok()?, value)))
                    .collect();
                sorted
                    .map(|values| values.into_values().collect())
                    .ok_or_else(|| self.wrong(name, "a list"))
            }
            Some(_) => Err(self.wrong(name, "a list")),
        }
    }

    /// Fails if a setting was not read.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        match self.entries.keys().next() {
            Some(name) => Err(ConfigError::Unknown(self.child(name))),
            None => Ok(()),
        }
    }
}
