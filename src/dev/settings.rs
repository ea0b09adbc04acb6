//! What `dev` runs with: the environment, then `local.settings.json`, then defaults that are safe
//! on a machine of one's own. Each default is said at start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use devhost::{CorsSettings, LocalSettings};
use emulator::Config as EmulatorConfig;
use serde_json::json;
use webpubsub::ConnectionString;

use super::DevError;
use crate::clock::Ids;
use crate::config::environment;
use crate::dev_secrets::{self, DevSecrets};

const CONNECTION_STRING: &str = "AZURE_WEB_PUBSUB_CONNECTION_STRING";
const TRIGGERS: [&str; 3] = ["broadcast", "assistant", "telemetry"];

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

pub(super) fn gather(
    folder: &Path,
    host: SocketAddr,
    emulator: SocketAddr,
) -> Result<DevSettings, DevError> {
    let local = LocalSettings::read(folder)?;
    let mut draft = Draft {
        values: local.values,
        chosen: Vec::new(),
    };
    // The example points the real host at a release build; here the program is this one.
    draft.values.retain(|name, _| environment(name).is_none());
    let service = draft.service(host, emulator)?;
    draft.secrets(folder)?;
    draft.default("ALLOW_ANONYMOUS", "true", "anonymous callers are admitted");
    for trigger in TRIGGERS {
        let setting = format!("AzureWebJobs.{trigger}.Disabled");
        if draft.get(&setting).is_none() {
            draft.values.insert(setting, "true".to_owned());
        }
    }
    Ok(DevSettings {
        api_token: draft.get("API_TOKEN"),
        connection_string: draft.get(CONNECTION_STRING),
        for_handler: draft.values,
        chosen: draft.chosen,
        service,
        cors: local.cors,
    })
}

struct Draft {
    values: BTreeMap<String, String>,
    chosen: Vec<String>,
}

impl Draft {
    /// As the handler will see it.
    fn get(&self, name: &str) -> Option<String> {
        let value = environment(name).or_else(|| self.values.get(name).cloned());
        value.filter(|value| !value.trim().is_empty())
    }

    fn default(&mut self, name: &str, value: &str, meaning: &str) {
        if self.get(name).is_none() {
            self.values.insert(name.to_owned(), value.to_owned());
            self.chosen.push(format!("{name}={value}: {meaning}"));
        }
    }

    /// A connection string that is set is used as it is. Only where it names this very emulator,
    /// as the example's does, is the emulator run as well.
    fn service(&mut self, host: SocketAddr, emulator: SocketAddr) -> Result<Service, DevError> {
        let set = self.get(CONNECTION_STRING);
        let named = set
            .as_deref()
            .and_then(|text| text.parse::<ConnectionString>().ok());
        let ours = |named: &ConnectionString| {
            let endpoint = named.endpoint();
            matches!(endpoint.host(), "localhost" | "127.0.0.1")
                && endpoint.port() == emulator.port()
        };
        let key = match (&set, &named) {
            (None, _) => None,
            (Some(_), Some(named)) if ours(named) => Some(named.access_key()),
            (Some(_), _) => return Ok(Service::Elsewhere),
        };
        if self.get("AZURE_WEB_PUBSUB_ENDPOINT").is_some() && set.is_none() {
            return Ok(Service::Elsewhere);
        }
        let hub = self.get("WEB_PUBSUB_HUB_NAME");
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
        if let Some(key) = key {
            use secrecy::ExposeSecret;
            section["AccessKey"] = key.secret().expose_secret().into();
        }
        let config = EmulatorConfig::from_json(&json!({ "WebPubSub": section }).to_string())?;
        if set.is_none() {
            let made = config.connection_string(emulator);
            self.values.insert(CONNECTION_STRING.to_owned(), made);
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
        if self.get("API_TOKEN").is_none() {
            let token = secrets
                .api_token
                .get_or_insert_with(|| DevSecrets::random(&ids));
            self.values.insert("API_TOKEN".to_owned(), token.clone());
            self.chosen
                .push("API_TOKEN: a random one, below".to_owned());
        }
        let jwt = ["JWT_SECRET", "JWT_JWKS_URL", "JWT_ISSUER"];
        if jwt.iter().all(|name| self.get(name).is_none()) {
            let secret = secrets
                .jwt_secret
                .get_or_insert_with(|| DevSecrets::random(&ids));
            self.values.insert("JWT_SECRET".to_owned(), secret.clone());
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
