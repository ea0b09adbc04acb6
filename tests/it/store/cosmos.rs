//! Cosmos DB.

use std::net::Ipv4Addr;
use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use switchboard::clock::Clock;
use switchboard::config::{CosmosConfig, CosmosContainers, CosmosCredential};
use switchboard::outgoing::OutgoingHttp;
use switchboard::store::Store;
use switchboard::store::cosmos::CosmosStore;
use tokio::net::TcpListener;
use url::Url;

use crate::store::cosmos_double::{Double, KEY, Options};

/// A store, and the account that it is in.
struct Opened {
    store: CosmosStore,
    double: Double,
}

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

async fn open(options: Options) -> Opened {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let clock = options.clock.clone();
    let double = Double::new(options);
    tokio::spawn(double.clone().serve(listener));
    let credential = CosmosCredential::Key(KEY.into());
    Opened {
        store: store(&endpoint, credential, clock),
        double,
    }
}

fn store(endpoint: &str, credential: CosmosCredential, clock: Clock) -> CosmosStore {
    let config = CosmosConfig {
        endpoint: Url::parse(endpoint).unwrap(),
        credential,
        database: "pichat".to_owned(),
        containers: CosmosContainers {
            chats: "chats".to_owned(),
            messages: "messages".to_owned(),
            users: "users".to_owned(),
            settings: "settings".to_owned(),
            processed_messages: "processed_messages".to_owned(),
        },
    };
    CosmosStore::new(config, Arc::new(Identity(None)), OutgoingHttp::new(), clock)
}

/// Has a token, or none.
#[derive(Debug)]
struct Identity(Option<&'static str>);

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        unreachable!("{scopes:?}")
    }
}

/// Every read is fresh.
mod strong {
    use super::*;

    async fn open() -> Opened {
        super::open(Options::default()).await
    }

    crate::store::store_contract!(open);
}

/// A replica that is a write behind answers whoever does not ask for more, a few documents at a
/// time.
mod session {
    use super::*;

    async fn open() -> Opened {
        let options = Options {
            consistency: "Session",
            lags: true,
            largest_page: 7,
            ..Options::default()
        };
        super::open(options).await
    }

    crate::store::store_contract!(open);
}
