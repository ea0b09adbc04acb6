//! The settings of the store for durable data.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::reference::Setting;
use super::settings::Settings;
use crate::azure::storage_account::StorageAccount;

/// The backend, with its own settings.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    Sqlite { path: PathBuf },
    Tables(StorageAccount),
    Cosmos(CosmosConfig),
}

#[derive(Debug, Clone)]
pub struct CosmosConfig {
    pub endpoint: Url,
    pub credential: CosmosCredential,
    pub database: String,
    pub containers: CosmosContainers,
}

#[derive(Debug, Clone)]
pub enum CosmosCredential {
    /// `COSMOS_KEY`, in base64 as the portal shows it.
    Key(SecretString),
    ManagedIdentity {
        client_id: Option<String>,
    },
}

/// The container of each collection.
#[derive(Debug, Clone)]
pub struct CosmosContainers {
    pub chats: String,
    pub messages: String,
    pub users: String,
    pub settings: String,
    pub processed_messages: String,
}

const STORE: &str = "STORE";
const COSMOS_ENDPOINT: &str = "COSMOS_ENDPOINT";

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(STORE, "`sqlite:<path>`, `tables` or `cosmos`")
        .derived(
            "`cosmos` if `COSMOS_ENDPOINT` is set, else `tables` if `AzureWebJobsStorage` has a \
            table service, else `sqlite:data/switchboard.db`",
        )
        .essential(),
    Setting::new(COSMOS_ENDPOINT, "of the Cosmos DB account").essential(),
    Setting::new(
        "COSMOS_KEY",
        "its key; without it a managed identity is used",
    )
    .essential(),
    Setting::new(
        "COSMOS_DATABASE",
        "created if it does not exist, like its containers, where the credential may do so",
    )
    .value("pichat"),
    Setting::new("COSMOS_CONTAINER_CHATS", "a container").value("chats"),
    Setting::new("COSMOS_CONTAINER_MESSAGES", "a container").value("messages"),
    Setting::new("COSMOS_CONTAINER_USERS", "a container").value("users"),
    Setting::new("COSMOS_CONTAINER_SETTINGS", "a container").value("settings"),
    Setting::new("COSMOS_CONTAINER_PROCESSED_MESSAGES", "a container").value("processed_messages"),
];

/// `STORE` names the backend. Without it: Cosmos DB if `COSMOS_ENDPOINT` is set, else tables if the
/// storage account has them, else a SQLite file.
pub(super) fn read(
    settings: &mut Settings<'_>,
    account: Option<&StorageAccount>,
) -> Option<StoreConfig> {
    let default_path = || StoreConfig::Sqlite {
        path: PathBuf::from("data/switchboard.db"),
    };
    let tables = account.filter(|account| account.tables.is_some());
    match settings.text(STORE).as_deref() {
        None if settings.text(COSMOS_ENDPOINT).is_some() => cosmos(settings),
        None => Some(match tables {
            Some(account) => StoreConfig::Tables(account.clone()),
            None => default_path(),
        }),
        Some("cosmos") => cosmos(settings),
        Some("tables") => {
            if tables.is_none() {
                settings.reject(
                    STORE,
                    "is `tables`, but AzureWebJobsStorage names no table service",
                );
            }
            tables.cloned().map(StoreConfig::Tables)
        }
        Some("sqlite") => Some(default_path()),
        Some(text) => match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Some(StoreConfig::Sqlite { path: path.into() }),
            _ => {
                settings.reject(STORE, "must be `sqlite:<path>`, `tables` or `cosmos`");
                None
            }
        },
    }
}

fn cosmos(settings: &mut Settings<'_>) -> Option<StoreConfig> {
    let mut name = |setting, default: &str| settings.text(setting).unwrap_or(default.to_owned());
    // The default is that of PiChat, whose deployments keep their database.
    let database = name("COSMOS_DATABASE", "pichat");
    let containers = CosmosContainers {
        chats: name("COSMOS_CONTAINER_CHATS", "chats"),
        messages: name("COSMOS_CONTAINER_MESSAGES", "messages"),
        users: name("COSMOS_CONTAINER_USERS", "users"),
        settings: name("COSMOS_CONTAINER_SETTINGS", "settings"),
        processed_messages: name("COSMOS_CONTAINER_PROCESSED_MESSAGES", "processed_messages"),
    };
    let credential = match settings.secret("COSMOS_KEY") {
        Some(key) => CosmosCredential::Key(key),
        None => CosmosCredential::ManagedIdentity {
            client_id: settings.text("AZURE_CLIENT_ID"),
        },
    };
    settings.required(COSMOS_ENDPOINT, "STORE is `cosmos`");
    let endpoint = settings.secure_address(COSMOS_ENDPOINT)?;
    Some(StoreConfig::Cosmos(CosmosConfig {
        endpoint,
        credential,
        database,
        containers,
    }))
}
