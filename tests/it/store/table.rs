//! Table storage.

use std::ops::Deref;

use switchboard::clock::Clock;
use switchboard::managed_identity::ManagedIdentities;
use switchboard::outgoing::OutgoingHttp;
use switchboard::store::Store;
use switchboard::store::table::TableStore;

use crate::support::{Account, Azurite};

super::store_contract!(open);

async fn open() -> Opened {
    Opened(store(&Azurite::shared().await.account()))
}

struct Opened(TableStore);

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

fn store(account: &Account) -> TableStore {
    let outgoing = OutgoingHttp::new();
    let identities = ManagedIdentities::new(outgoing.clone());
    TableStore::new(&account.settings(), outgoing, Clock::system(), &identities).unwrap()
}
