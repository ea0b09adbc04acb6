//! The managed identity: whether the platform issues the tokens that services ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use super::Local;
use crate::azure::iot_hub::HubCredential;
use crate::azure::openai::OpenAiCredential;
use crate::azure::storage_account::AccountCredential;
use crate::command::doctor::faults;
use crate::command::doctor::finding::{Finding, explain};
use crate::config::{Config, CosmosCredential, Credential, StoreConfig};

const CHECK: &str = "identity";
/// A machine without an identity has nothing at the platform's address, and waits.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A part that may use the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    WebPubSub,
    Store,
    Storage,
    Assistant,
    IotHub,
}

impl User {
    fn scope(self) -> &'static str {
        match self {
            Self::WebPubSub => "https://webpubsub.azure.com/.default",
            Self::Storage | Self::Store => "https://storage.azure.com/.default",
            Self::Assistant => "https://cognitiveservices.azure.com/.default",
            Self::IotHub => "https://iothubs.azure.net/.default",
        }
    }
}

/// Also returns the parts that cannot work without the token.
pub(super) async fn check(local: &Local) -> (Vec<Finding>, Vec<User>) {
    let mut by_identity: BTreeMap<Option<String>, Vec<User>> = BTreeMap::new();
    for (user, client_id) in users(&local.app.config) {
        by_identity.entry(client_id).or_default().push(user);
    }
    if by_identity.is_empty() {
        return (
            vec![Finding::skipped(CHECK, "every service has a key")],
            Vec::new(),
        );
    }
    let (mut found, mut without) = (Vec::new(), Vec::new());
    for (client_id, users) in by_identity {
        let name = match &client_id {
            Some(id) => format!("the identity {id}"),
            None => "the app's own identity".to_owned(),
        };
        match token(local, client_id.as_deref(), users[0].scope()).await {
            Ok(()) => found.push(Finding::ok(CHECK, format!("{name} gets tokens"))),
            Err(why) => {
                let what = format!("{name} gets no token: {why}");
                found.push(Finding::error(CHECK, &faults::NO_IDENTITY, what));
                without.extend(users);
            }
        }
    }
    (found, without)
}

async fn token(local: &Local, client_id: Option<&str>, scope: &'static str) -> Result<(), String> {
    let tokens = local.identities.tokens(client_id, scope);
    let tokens = tokens.map_err(|error| explain(&error))?;
    match timeout(TIMEOUT, tokens.token()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(explain(&error)),
        Err(_) => Err("the platform does not answer; is this machine on Azure?".to_owned()),
    }
}

/// Each part that has an identity instead of a key, with the client id of the identity.
fn users(config: &Config) -> Vec<(User, Option<String>)> {
    let mut users = Vec::new();
    if let Credential::ManagedIdentity { client_id, .. } = &config.web_pubsub.credential {
        users.push((User::WebPubSub, client_id.clone()));
    }
    match &config.store {
        StoreConfig::Cosmos(cosmos) => {
            if let CosmosCredential::ManagedIdentity { client_id } = &cosmos.credential {
                users.push((User::Store, client_id.clone()));
            }
        }
        StoreConfig::Tables(account) => {
            if let AccountCredential::ManagedIdentity { client_id } = &account.credential {
                users.push((User::Store, client_id.clone()));
            }
        }
        StoreConfig::Sqlite { .. } => {}
    }
    if let Some(account) = &config.storage
        && let AccountCredential::ManagedIdentity { client_id } = &account.credential
    {
        users.push((User::Storage, client_id.clone()));
    }
    if let Some(model) = &config.assistant.model
        && let OpenAiCredential::ManagedIdentity { client_id } = &model.credential
    {
        users.push((User::Assistant, client_id.clone()));
    }
    if let Some(hub) = &config.devices.hub
        && let HubCredential::ManagedIdentity { client_id } = &hub.credential
    {
        users.push((User::IotHub, client_id.clone()));
    }
    users
}
