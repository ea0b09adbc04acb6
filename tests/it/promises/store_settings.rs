//! The stores that the handlers of these tests share.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::store::cosmos_double;
use crate::support::{Azurite, fresh_folder};

/// The settings that point a handler at one store.
#[derive(Clone)]
pub(super) struct StoreSettings {
    pub(super) name: &'static str,
    pub(super) settings: Vec<(&'static str, String)>,
}

impl StoreSettings {
    pub(super) fn sqlite() -> Self {
        let path = fresh_folder().join("switchboard.db");
        Self {
            name: "SQLite",
            settings: vec![("STORE", format!("sqlite:{}", path.display()))],
        }
    }

    pub(super) async fn azurite() -> Self {
        let account = Azurite::shared().await.account();
        Self::tables(account.connection_string())
    }

    pub(super) fn tables(account: String) -> Self {
        Self {
            name: "Azurite",
            settings: vec![
                ("STORE", "tables".to_owned()),
                ("AzureWebJobsStorage", account),
            ],
        }
    }

    /// Our own Cosmos double, in this process.
    pub(super) async fn cosmos() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let double = cosmos_double::Double::new(cosmos_double::Options::default());
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
}
