//! Cosmos DB's data plane in memory, as far as Switchboard uses it, and as strict as its
//! documentation says: signatures and dates are checked, a batch is atomic, a precondition is
//! one, a partition key must be named, a request may be too large or too many. What the service
//! does where the pages are silent is taken from how Microsoft's own clients call it and read
//! its answers; one of them is run against this double (`cosmos_npm/client.mjs`).
//!
//! `docs/decisions/0007-cosmos-doubles.md` says what this proves and what it cannot.

mod account;
mod batch;
mod call;
mod container;
mod documents;
mod fault;
mod proof;
mod query;
mod reply;
mod serve;
mod sql;

use std::sync::{Arc, Mutex, MutexGuard};

use switchboard::clock::Clock;
use tokio::net::TcpListener;

pub(crate) use fault::Fault;

use account::Account;
use fault::Faults;

/// Made up, and of the length that a key has.
pub(crate) const KEY: &str =
    "c3dpdGNoYm9hcmQtY29zbW9zLWRvdWJsZS1rZXktMDEyMzQ1Njc4OWFiY2RlZi0wMTIzNDU2Nzg5YWJjZGVmLS0tLQ==";

#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The account's default: what `userConsistencyPolicy` says.
    pub(crate) consistency: &'static str,
    /// Whether the replica that serves session and eventual reads is one write behind.
    pub(crate) lags: bool,
    /// More documents no answer to a query holds.
    pub(crate) largest_page: usize,
    pub(crate) clock: Clock,
    /// The Entra token that is accepted besides the key.
    pub(crate) token: Option<&'static str>,
    /// Whether the key may make databases and containers.
    pub(crate) key_makes_containers: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            consistency: "Strong",
            lags: false,
            largest_page: 1000,
            clock: Clock::system(),
            token: None,
            key_makes_containers: true,
        }
    }
}

/// An account of its own. Clones are the same account.
#[derive(Clone)]
pub(crate) struct Double {
    options: Arc<Options>,
    key: proof::Key,
    account: Arc<Mutex<Account>>,
    faults: Arc<Mutex<Faults>>,
}

impl Double {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options: Arc::new(options),
            key: proof::key(KEY),
            account: Arc::default(),
            faults: Arc::default(),
        }
    }

    /// For as long as somebody polls it, and for as many clients as there are.
    pub(crate) async fn serve(self, listener: TcpListener) {
        serve::serve(self, listener).await;
    }

    /// What the next calls about documents meet, one each.
    pub(crate) fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut all = self.faults.lock().unwrap();
        all.coming.extend(faults);
    }

    /// How many calls came about documents.
    pub(crate) fn calls_about_documents(&self) -> usize {
        self.faults.lock().unwrap().calls
    }

    /// Somebody makes a database with a container.
    pub(crate) fn has(&self, database: &str, container: &str, partition_key: &str) {
        self.account().has(database, container, partition_key);
    }

    /// Somebody deletes a container.
    pub(crate) fn loses(&self, database: &str, container: &str) {
        self.account().loses(database, container);
    }

    /// The names of the containers that are there.
    pub(crate) fn containers(&self, database: &str) -> Vec<String> {
        self.account().containers(database)
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }
}
