//! Reads local.settings.json.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::error::LoadError;
use super::json_file::{JsonFile, member};
use super::options::CorsSettings;

/// The local.settings.json of an app: `func start` reads it, Azure never does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalSettings {
    pub values: BTreeMap<String, String>,
    pub port: Option<u16>,
    pub cors: Option<CorsSettings>,
}

impl LocalSettings {
    /// Empty if the file does not exist.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = folder.as_ref().join("local.settings.json");
        if !path.is_file() {
            return Ok(Self::default());
        }
        let file = JsonFile::read(&path)?;
        if file.flag("IsEncrypted")? {
            return Err(file.bad(
                "IsEncrypted",
                "must be false: only func can decrypt the file",
            ));
        }
        let port = file
            .number("Host.LocalHttpPort")?
            .map(|port| {
                u16::try_from(port).map_err(|_| file.bad("Host.LocalHttpPort", "is not a port"))
            })
            .transpose()?;
        Ok(Self {
            values: values(&file)?,
            port,
            cors: cors(&file)?,
        })
    }
}

fn values(file: &JsonFile) -> Result<BTreeMap<String, String>, LoadError> {
    let Some(section) = member(&file.root, "Values") else {
        return Ok(BTreeMap::new());
    };
    let section = section
        .as_object()
        .ok_or_else(|| file.bad("Values", "must be an object"))?;
    section
        .iter()
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                Value::Number(number) => number.to_string(),
                Value::Bool(true) => "True".to_owned(),
                Value::Bool(false) => "False".to_owned(),
                _ => return Err(file.bad(&format!("Values.{name}"), "must be a string")),
            };
            Ok((name.clone(), text))
        })
        .collect()
}

fn cors(file: &JsonFile) -> Result<Option<CorsSettings>, LoadError> {
    let Some(list) = file.text("Host.CORS")? else {
        return Ok(None);
    };
    let origins = CorsSettings::split(&list);
    let credentials = file.flag("Host.CORSCredentials")?;
    Ok((!origins.is_empty()).then_some(CorsSettings {
        origins,
        credentials,
    }))
}

impl CorsSettings {
    /// The origins of a comma-separated list.
    pub fn split(list: &str) -> Vec<String> {
        let trimmed = list
            .split(',')
            .map(|origin| origin.trim().trim_end_matches('/'));
        trimmed
            .filter(|origin| !origin.is_empty())
            .map(str::to_owned)
            .collect()
    }
}
