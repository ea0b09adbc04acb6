//! The settings of `dev`: the environment, then `local.settings.json`, then defaults that are safe
//! on a developer's machine. Each default is printed at start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use devhost::{CorsSettings, LocalSettings};
use emulator::Config as EmulatorConfig;
use secrecy::ExposeSecret;
use serde_json::json;
use webpubsub::ConnectionString;

use super::error::DevError;
use super::page::PageAccess;
use crate::clock::Ids;
use crate::command::dev_secrets::{self, DevSecrets};
use crate::config::{DEV_PARENT, environment};

const STORE: &str = "sqlite:data/switchboard.db";
const STORAGE: &str = "AzureWebJobsStorage";
const CONNECTION_STRING: &str = "AZURE_WEB_PUBSUB_CONNECTION_STRING";

pub(super) struct DevSettings {
    /// Added to the environment, which wins.
    pub(super) for_handler: BTreeMap<String, String>,
    pub(super) service: Service,
    pub(super) cors: Option<CorsSettings>,
    /// The defaults in use, as sentences.
    pub(super) defaults: Vec<String>,
    pub(super) api_token: Option<String>,
    pub(super) connection_string: Option<String>,
    /// The connection string of our own storage account. Back ends put messages on its queues.
    pub(super) storage: Option<String>,
    pub(super) page: PageAccess,
}

/// The Web PubSub service in use.
pub(super) enum Service {
    Emulator(Box<EmulatorConfig>),
    /// The settings name another service.
    External,
}

/// The settings without defaults.
pub(super) struct Configured {
    values: BTreeMap<String, String>,
    cors: Option<CorsSettings>,
}

impl Configured {
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

    /// Whether the settings name a storage account, by connection string or by identity.
    pub(super) fn names_storage(&self) -> bool {
        let suffixes = ["", "__accountName", "__blobServiceUri", "__queueServiceUri"];
        suffixes
            .iter()
            .any(|suffix| self.get(&format!("{STORAGE}{suffix}")).is_some())
    }

    pub(super) fn cors(&self) -> Option<CorsSettings> {
        self.cors.clone()
    }

    /// Whether to run the emulator: the settings name no service, or this emulator, as the
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

/// Fills in the defaults. `hub` holds the settings of the simulated IoT hub, if there is one. `emulator` is the address of the emulator, if it runs; `storage` is the
/// connection string of our own storage account, if there is one.
pub(super) fn with_defaults(
    configured: Configured,
    hub: Option<[(String, String); 3]>,
    folder: &Path,
    host: SocketAddr,
    emulator: Option<SocketAddr>,
    storage: Option<&str>,
) -> Result<DevSettings, DevError> {
    let cors = configured.cors.clone();
    let mut draft = Draft {
        configured,
        defaults: Vec::new(),
        made_jwt_secret: false,
    };
    let service = match emulator {
        Some(address) => draft.emulator(host, address)?,
        None => Service::External,
    };
    draft.secrets(folder)?;
    draft.default("ALLOW_ANONYMOUS", "true", "anonymous callers are admitted");
    if draft.configured.get("COSMOS_ENDPOINT").is_none() {
        draft.default("STORE", STORE, "all data is in a file");
    }
    if draft.configured.get("AZURE_OPENAI_ENDPOINT").is_none() {
        let meaning = "a demo model answers questions to the assistant";
        draft
            .defaults
            .push(format!("AZURE_OPENAI_ENDPOINT: {meaning}"));
    }
    if let Some(connection_string) = storage {
        draft.storage(connection_string);
    }
    draft.devices(hub);
    let own_id = std::process::id().to_string();
    draft
        .configured
        .values
        .insert(DEV_PARENT.to_owned(), own_id);
    let issues_tokens = draft.made_jwt_secret && emulator.is_some();
    let page = PageAccess::new(&|name| draft.configured.get(name), issues_tokens);
    Ok(DevSettings {
        page,
        api_token: draft.configured.get("API_TOKEN"),
        connection_string: draft.configured.get(CONNECTION_STRING),
        storage: storage.map(str::to_owned),
        for_handler: draft.configured.values,
        defaults: draft.defaults,
        service,
        cors,
    })
}

struct Draft {
    configured: Configured,
    defaults: Vec<String>,
    made_jwt_secret: bool,
}

impl Draft {
    fn default(&mut self, name: &str, value: &str, meaning: &str) {
        if self.configured.get(name).is_none() {
            self.configured
                .values
                .insert(name.to_owned(), value.to_owned());
            self.defaults.push(format!("{name}={value}: {meaning}"));
        }
    }

    /// Without a hub there are no events, and the host would complain about their trigger.
    fn devices(&mut self, hub: Option<[(String, String); 3]>) {
        const DISABLED: &str = "AzureWebJobs.telemetry.Disabled";
        let Some(hub) = hub else {
            if self
                .configured
                .get("IOT_HUB_EVENTS_CONNECTION_STRING")
                .is_none()
            {
                let values = &mut self.configured.values;
                values.insert(DISABLED.to_owned(), "true".to_owned());
            }
            return;
        };
        let values = &mut self.configured.values;
        values.extend(hub);
        values.insert(DISABLED.to_owned(), "false".to_owned());
        self.defaults
            .push("IOT_HUB_CONNECTION_STRING: the simulated hub's, below".to_owned());
    }

    /// Our own account. Its address and key change with each start.
    fn storage(&mut self, connection_string: &str) {
        let value = connection_string.to_owned();
        self.configured.values.insert(STORAGE.to_owned(), value);
        let meaning = "a local account on this machine, below";
        self.defaults.push(format!("{STORAGE}: {meaning}"));
    }

    /// Configures an emulator that calls this host. It uses the key of the connection string, if
    /// one is set.
    fn emulator(&mut self, host: SocketAddr, emulator: SocketAddr) -> Result<Service, DevError> {
        let set = self.configured.get(CONNECTION_STRING);
        let named = set
            .as_deref()
            .and_then(|text| text.parse::<ConnectionString>().ok());
        let hub = self.configured.get("WEB_PUBSUB_HUB_NAME");
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
            self.configured
                .values
                .insert(CONNECTION_STRING.to_owned(), made);
            self.defaults
                .push(format!("{CONNECTION_STRING}: the emulator's, below"));
        }
        Ok(Service::Emulator(Box::new(config)))
    }

    /// Generates secrets once and keeps them, so that tokens and scripts stay valid.
    fn secrets(&mut self, folder: &Path) -> Result<(), DevError> {
        let file = folder.join(dev_secrets::FILE);
        let stored = DevSecrets::read(&file).map_err(DevError::Secrets)?;
        let mut secrets = stored.clone().unwrap_or_default();
        let ids = Ids::random();
        if self.configured.get("API_TOKEN").is_none() {
            let token = secrets
                .api_token
                .get_or_insert_with(|| DevSecrets::random(&ids));
            self.configured
                .values
                .insert("API_TOKEN".to_owned(), token.clone());
            self.defaults
                .push("API_TOKEN: a random one, below".to_owned());
        }
        let jwt = ["JWT_SECRET", "JWT_JWKS_URL", "JWT_ISSUER"];
        if jwt.iter().all(|name| self.configured.get(name).is_none()) {
            let secret = secrets
                .jwt_secret
                .get_or_insert_with(|| DevSecrets::random(&ids));
            self.configured
                .values
                .insert("JWT_SECRET".to_owned(), secret.clone());
            self.made_jwt_secret = true;
            self.defaults.push(
                "JWT_SECRET: a random one; `switchboard token --user ID` signs with it".to_owned(),
            );
        }
        if Some(&secrets) != stored.as_ref() {
            secrets.write(&file).map_err(DevError::Secrets)?;
        }
        Ok(())
    }
}
