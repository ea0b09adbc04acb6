//! What `dev` runs with: the environment, then `local.settings.json`, then defaults that are safe
//! on a machine of one's own. Each default is said at start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use devhost::{CorsSettings, LocalSettings};
use emulator::Config as EmulatorConfig;
use secrecy::ExposeSecret;
use serde_json::json;
use webpubsub::ConnectionString;

use super::DevError;
use crate::clock::Ids;
use crate::command::dev_secrets::{self, DevSecrets};
use crate::config::{DEV_PARENT, environment};
use crate::functions::host_call::TRIGGERS;

const STORE: &str = "sqlite:data/switchboard.db";
const STORAGE: &str = "AzureWebJobsStorage";
const CONNECTION_STRING: &str = "AZURE_WEB_PUBSUB_CONNECTION_STRING";

pub(super) struct DevSettings {
    /// On top of the environment, which wins.
    pub(super) for_handler: BTreeMap<String, String>,
    pub(super) service: Service,
    pub(super) cors: Option<CorsSettings>,
    /// What was chosen because nobody said otherwise, as sentences.
    pub(super) chosen: Vec<String>,
    pub(super) api_token: Option<String>,
    pub(super) connection_string: Option<String>,
}

/// Who holds the sockets.
pub(super) enum Service {
    Emulator(Box<EmulatorConfig>),
    /// A connection string names another service.
    Elsewhere,
}

/// What was set, before anything is chosen.
pub(super) struct Given {
    values: BTreeMap<String, String>,
    cors: Option<CorsSettings>,
}

impl Given {
    /// The environment wins over the file.
    pub(super) fn read(folder: &Path) -> Result<Self, DevError> {
        let mut local = LocalSettings::read(folder)?;
        local.values.retain(|name, _| environment(name).is_none());
        Ok(Self {
            values: local.values,
            cors: local.cors,
        })
    }

    /// A setting as the handler will see it.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = environment(name).or_else(|| self.values.get(name).cloned());
        value.filter(|value| !value.trim().is_empty())
    }

    /// Whether there is a storage account, by connection string or by identity.
    pub(super) fn names_storage(&self) -> bool {
        let ways = ["", "__accountName", "__blobServiceUri", "__queueServiceUri"];
        ways.iter()
            .any(|way| self.get(&format!("{STORAGE}{way}")).is_some())
    }

    pub(super) fn cors(&self) -> Option<CorsSettings> {
        self.cors.clone()
    }

    /// Whether the sockets are held here: nobody named a service, or this very emulator, as the
    /// example's connection string does.
    pub(super) fn wants_emulator(&self, port: u16) -> bool {
        match self.get(CONNECTION_STRING) {
            Some(text) => text.parse::<ConnectionString>().is_ok_and(|named| {
                let endpoint = named.endpoint();
                matches!(endpoint.host(), "localhost" | "127.0.0.1") && endpoint.port() == port
            }),
            None => self.get("AZURE_WEB_PUBSUB_ENDPOINT").is_none(),
        }
    }
}

/// Fills in what was not set. `emulator` is where it listens, if it is wanted; `storage` is the
/// connection string of an account of our own, if there is one.
pub(super) fn choose(
    given: Given,
    folder: &Path,
    host: SocketAddr,
    emulator: Option<SocketAddr>,
    storage: Option<&str>,
) -> Result<DevSettings, DevError> {
    let cors = given.cors.clone();
    let mut draft = Draft {
        given,
        chosen: Vec::new(),
    };
    let service = match emulator {
        Some(address) => draft.emulator(host, address)?,
        None => Service::Elsewhere,
    };
    draft.secrets(folder)?;
    draft.default("ALLOW_ANONYMOUS", "true", "anonymous callers are admitted");
    if draft.given.get("COSMOS_ENDPOINT").is_none() {
        draft.default("STORE", STORE, "everything is kept in a file");
    }
    if let Some(connection_string) = storage {
        draft.storage(connection_string);
    }
    let own_id = std::process::id().to_string();
    draft.given.values.insert(DEV_PARENT.to_owned(), own_id);
    for trigger in TRIGGERS {
        let setting = format!("AzureWebJobs.{trigger}.Disabled");
        if draft.given.get(&setting).is_none() {
            draft.given.values.insert(setting, "true".to_owned());
        }
    }
    Ok(DevSettings {
        api_token: draft.given.get("API_TOKEN"),
        connection_string: draft.given.get(CONNECTION_STRING),
        for_handler: draft.given.values,
        chosen: draft.chosen,
        service,
        cors,
    })
}

struct Draft {
    given: Given,
    chosen: Vec<String>,
}

impl Draft {
    fn default(&mut self, name: &str, value: &str, meaning: &str) {
        if self.given.get(name).is_none() {
            self.given.values.insert(name.to_owned(), value.to_owned());
            self.chosen.push(format!("{name}={value}: {meaning}"));
        }
    }

    /// Its key is new each time, and nobody else needs it.
    fn storage(&mut self, connection_string: &str) {
        let value = connection_string.to_owned();
        self.given.values.insert(STORAGE.to_owned(), value);
        let meaning = "an account of its own, on this machine";
        self.chosen.push(format!("{STORAGE}: {meaning}"));
    }

    /// An emulator that calls this host. A connection string that is set is used as it is, with
    /// its key.
    fn emulator(&mut self, host: SocketAddr, emulator: SocketAddr) -> Result<Service, DevError> {
        let set = self.given.get(CONNECTION_STRING);
        let named = set
            .as_deref()
            .and_then(|text| text.parse::<ConnectionString>().ok());
        let hub = self.given.get("WEB_PUBSUB_HUB_NAME");
        let hub = hub.unwrap_or_else(|| "ViewerHub".to_owned());
        let mut section = json!({
            "Hubs": { hub: {
                "AnonymousConnectPolicy": "allow",
                "EventHandlers": [
                    {
                        "UrlTemplate": format!("http://{host}/api/connect_event"),
                        "SystemEvents": ["connect", "connected", "disconnected"],
                        "EventPattern": "",
                    },
                    {
                        "UrlTemplate": format!("http://{host}/api/message_event"),
                        "SystemEvents": [],
                        "EventPattern": "*",
                    },
                ],
            } },
        });
        if let Some(named) = named {
            section["AccessKey"] = named.access_key().secret().expose_secret().into();
        }
        let config = EmulatorConfig::from_json(&json!({ "WebPubSub": section }).to_string())?;
        if set.is_none() {
            let made = config.connection_string(emulator);
            self.given.values.insert(CONNECTION_STRING.to_owned(), made);
            self.chosen
                .push(format!("{CONNECTION_STRING}: the emulator's, below"));
        }
        Ok(Service::Emulator(Box::new(config)))
    }

    /// Made up once and kept, so that tokens and scripts work again tomorrow.
    fn secrets(&mut self, folder: &Path) -> Result<(), DevError> {
        let file = folder.join(dev_secrets::FILE);
        let kept = DevSecrets::read(&file).map_err(DevError::Secrets)?;
        let mut secrets = kept.clone().unwrap_or_default();
        let ids = Ids::random();
        if self.given.get("API_TOKEN").is_none() {
            let token = secrets
                .api_token
                .get_or_insert_with(|| DevSecrets::random(&ids));
            self.given
                .values
                .insert("API_TOKEN".to_owned(), token.clone());
            self.chosen
                .push("API_TOKEN: a random one, below".to_owned());
        }
        let jwt = ["JWT_SECRET", "JWT_JWKS_URL", "JWT_ISSUER"];
        if jwt.iter().all(|name| self.given.get(name).is_none()) {
            let secret = secrets
                .jwt_secret
                .get_or_insert_with(|| DevSecrets::random(&ids));
            self.given
                .values
                .insert("JWT_SECRET".to_owned(), secret.clone());
            self.chosen.push(
                "JWT_SECRET: a random one; `switchboard token --user ID` signs with it".to_owned(),
            );
        }
        if Some(&secrets) != kept.as_ref() {
            secrets.write(&file).map_err(DevError::Secrets)?;
        }
        Ok(())
    }
}
