//! Stores that several handlers share.

use std::net::Ipv4Addr;
use std::sync::Arc;

use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::clock::{Clock, Ids};
use switchboard::config::Config;
use switchboard::store::{self, Store};
use tokio::net::TcpListener;

use super::{Azurite, fresh_folder};
use crate::store::cosmos_double;

/// The settings that point a handler at one store.
#[derive(Clone)]
pub(crate) struct StoreSettings {
    pub(crate) name: &'static str,
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl StoreSettings {
    pub(crate) fn sqlite() -> Self {
        let path = fresh_folder().join("switchboard.db");
        Self {
            name: "SQLite",
            settings: vec![("STORE", format!("sqlite:{}", path.display()))],
        }
    }

    pub(crate) async fn azurite() -> Self {
        let account = Azurite::shared().await.account();
        Self::tables(account.connection_string())
    }

    pub(crate) fn tables(account: String) -> Self {
        Self {
            name: "Azurite",
            settings: vec![
                ("STORE", "tables".to_owned()),
                ("AzureWebJobsStorage", account),
            ],
        }
    }

    /// Our own Cosmos double, in this process.
    pub(crate) async fn cosmos() -> Self {
        Self::cosmos_at(Clock::system()).await
    }

    /// The double checks that its callers have the same time.
    pub(crate) async fn cosmos_at(clock: Clock) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let double = cosmos_double::Double::new(cosmos_double::Options {
            clock,
            ..cosmos_double::Options::default()
        });
        tokio::spawn(double.serve(listener));
        Self {
            name: "Cosmos double",
            settings: vec![
                ("STORE", "cosmos".to_owned()),
                ("COSMOS_ENDPOINT", endpoint),
                ("COSMOS_KEY", cosmos_double::KEY.to_owned()),
            ],
        }
    }

    /// The store itself, as a handler opens it.
    pub(crate) fn open(&self) -> Arc<dyn Store> {
        let service = "Endpoint=http://localhost;AccessKey=c2VjcmV0;Version=1.0;".to_owned();
        let config = Config::from_settings(&|name: &str| {
            let mut own = self.settings.iter();
            let own = own.find(|(own, _)| *own == name).map(|(_, v)| v.clone());
            own.or_else(|| (name == "AZURE_WEB_PUBSUB_CONNECTION_STRING").then(|| service.clone()))
        });
        let http = SharedHttpClient::new();
        let identities = ManagedIdentities::new(http.clone());
        let (clock, ids) = (Clock::system(), Ids::random());
        store::open(&config.unwrap().store, &http, &identities, &clock, &ids).unwrap()
    }
}
