//! The Cosmos DB backend, on two doubles: our own, and an npm package.

mod access;
mod client;
mod containers;
mod npm;
mod wire;

use std::net::Ipv4Addr;
use std::ops::Deref;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::clock::Clock;
use switchboard::config::{CosmosConfig, CosmosContainers, CosmosCredential};
use switchboard::store::Store;
use switchboard::store::cosmos::CosmosStore;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use url::Url;

use self::access::NoIdentity;
use crate::store::cosmos_double::{Double, KEY, Options};

const DATABASE: &str = "pichat";

/// A store with its account.
struct Opened {
    store: CosmosStore,
    double: Double,
    endpoint: String,
    server: AbortHandle,
}

impl Opened {
    async fn with(options: Options) -> Self {
        let clock = options.clock.clone();
        let (double, endpoint, server) = start(options).await;
        Self {
            store: store(&endpoint, KEY, DATABASE, clock),
            double,
            endpoint,
            server,
        }
    }

    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    /// The store of another instance of the handler.
    fn another(&self) -> CosmosStore {
        store(&self.endpoint, KEY, DATABASE, Clock::system())
    }
}

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

async fn start(options: Options) -> (Double, String, AbortHandle) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let double = Double::new(options);
    let server = tokio::spawn(double.clone().serve(listener));
    (double, endpoint, server.abort_handle())
}

/// A store that uses a key.
fn store(endpoint: &str, key: &str, database: &str, clock: Clock) -> CosmosStore {
    let credential = CosmosCredential::Key(key.into());
    let config = config(endpoint, credential, database);
    let identities = identities(Arc::new(NoIdentity));
    CosmosStore::new(config, SharedHttpClient::new(), clock, &identities).unwrap()
}

/// A store that uses a managed identity.
fn store_of_identity(endpoint: &str, identity: Arc<dyn TokenCredential>) -> CosmosStore {
    let credential = CosmosCredential::ManagedIdentity { client_id: None };
    let config = config(endpoint, credential, DATABASE);
    let identities = identities(identity);
    CosmosStore::new(
        config,
        SharedHttpClient::new(),
        Clock::system(),
        &identities,
    )
    .unwrap()
}

fn identities(identity: Arc<dyn TokenCredential>) -> ManagedIdentities {
    ManagedIdentities::from_fn(move |_| Ok(Arc::clone(&identity)))
}

fn config(endpoint: &str, credential: CosmosCredential, database: &str) -> CosmosConfig {
    CosmosConfig {
        endpoint: Url::parse(endpoint).unwrap(),
        credential,
        database: database.to_owned(),
        containers: CosmosContainers {
            chats: "chats".to_owned(),
            messages: "messages".to_owned(),
            users: "users".to_owned(),
            settings: "settings".to_owned(),
            processed_messages: "processed_messages".to_owned(),
        },
    }
}

/// Session consistency: reads without a session token are answered by a replica that is one write
/// behind.
fn session() -> Options {
    Options {
        consistency: "Session",
        lags: true,
        max_page: 25,
        ..Options::default()
    }
}

/// Strong consistency: every read is up to date.
mod strong {
    use super::Opened;

    crate::store::store_contract!(Opened::new);
}

/// Session consistency: a read may be out of date.
mod of_session {
    use super::{Opened, session};

    async fn open() -> Opened {
        Opened::with(session()).await
    }

    crate::store::store_contract!(open);
}
