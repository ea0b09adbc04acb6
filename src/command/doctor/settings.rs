//! The settings of the app: the environment, then local.settings.json, as the host reads them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use super::address::app_address;
use super::faults;
use super::finding::Finding;
use super::json_file::{self, at, member};
use super::redact::Secrets;
use crate::config::{environment, environment_names};

const CHECK: &str = "settings";
const DEFAULT_FILE: &str = "local.settings.json";
/// Where the app can be reached from outside. Only `doctor` reads it.
const PUBLIC_URL: &str = "PUBLIC_URL";

#[derive(Default)]
pub(super) struct SettingsSource {
    values: BTreeMap<String, String>,
    file: Option<PathBuf>,
    /// `Host.CORS`, with which `func start` adds CORS headers.
    pub(super) host_cors: Option<String>,
    public_url: Option<Url>,
}

impl SettingsSource {
    /// Without a name, the file of this folder is read if it exists.
    pub(super) fn read(named: Option<&Path>) -> (Self, Vec<Finding>) {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let mut source = Self::default();
        let mut found = Vec::new();
        if named.is_some() || path.is_file() {
            source.file = Some(path.to_path_buf());
            if let Err(problem) = source.read_file(path) {
                let what = format!("{} {problem}", path.display());
                found.push(Finding::error(CHECK, &faults::SETTINGS_FILE, what));
            }
        }
        match source.get(PUBLIC_URL).map(|text| app_address(&text)) {
            Some(Ok(url)) => source.public_url = Some(url),
            Some(Err(problem)) => {
                let what = format!("{PUBLIC_URL} cannot be used: {problem}");
                let finding = Finding::error(CHECK, &faults::SETTING_INVALID, what);
                found.push(finding.fill("setting", PUBLIC_URL));
            }
            None => {}
        }
        (source, found)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), String> {
        let root = json_file::read(path).map_err(|error| error.to_string())?;
        if at(&root, &["IsEncrypted"]).and_then(Value::as_bool) == Some(true) {
            return Err("is encrypted: only `func` can read it".to_owned());
        }
        let cors = at(&root, &["Host", "CORS"]).and_then(Value::as_str);
        self.host_cors = cors.map(str::to_owned);
        let Some(values) = member(&root, "Values") else {
            return Err("has no object `Values`".to_owned());
        };
        let values = values.as_object().ok_or("has no object `Values`")?;
        for (name, value) in values {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Null => continue,
                Value::Array(_) | Value::Object(_) => {
                    return Err(format!("has no text under `Values.{name}`"));
                }
            };
            self.values.insert(name.clone(), text);
        }
        Ok(())
    }

    /// An empty value counts as unset.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let set = |value: &String| !value.trim().is_empty();
        let in_environment = environment(name).filter(set);
        in_environment.or_else(|| self.values.get(name).cloned().filter(set))
    }

    /// The names of everything that is set.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = environment_names();
        names.extend(self.values.keys().cloned());
        names.retain(|name| self.get(name).is_some());
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn public_url(&self) -> Option<Url> {
        self.public_url.clone()
    }

    /// The file that was read.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(super) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for name in self.names() {
            if let Some(value) = self.get(&name) {
                secrets.note(&name, &value);
            }
        }
        secrets
    }
}
