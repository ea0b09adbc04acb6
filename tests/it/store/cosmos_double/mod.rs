//! The part of Cosmos DB's data plane that Switchboard uses, in memory, and as strict as its
//! documentation: it checks signatures, dates, preconditions, partition keys and the limits of
//! requests, and batches are atomic. Where the documentation is silent, it follows how
//! Microsoft's clients call the service and read its answers; one of them is run against this
//! double (`cosmos_npm/client.mjs`).
//!
//! `docs/decisions/0007-cosmos-doubles.md` explains what this proves and what it cannot.

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

/// An invented key of the usual length.
pub(crate) const KEY: &str =
    "c3dpdGNoYm9hcmQtY29zbW9zLWRvdWJsZS1rZXktMDEyMzQ1Njc4OWFiY2RlZi0wMTIzNDU2Nzg5YWJjZGVmLS0tLQ==";

#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The account's default: what `userConsistencyPolicy` says.
    pub(crate) consistency: &'static str,
    /// Whether the replica that serves session and eventual reads is one write behind.
    pub(crate) lags: bool,
    /// The most documents in one answer to a query.
    pub(crate) max_page: usize,
    pub(crate) clock: Clock,
    /// An Entra token that is accepted as well as the key.
    pub(crate) token: Option<&'static str>,
    /// Whether the key can create databases and containers.
    pub(crate) key_creates_containers: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            consistency: "Strong",
            lags: false,
            max_page: 1000,
            clock: Clock::system(),
            token: None,
            key_creates_containers: true,
        }
    }
}

/// One account. Clones share it.
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

    /// Serves any number of clients for as long as it is polled.
    pub(crate) async fn serve(self, listener: TcpListener) {
        serve::serve(self, listener).await;
    }

    /// The faults of the next calls about documents, one per call.
    pub(crate) fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut all = self.faults.lock().unwrap();
        all.coming.extend(faults);
    }

    /// How many calls were about documents.
    pub(crate) fn calls_about_documents(&self) -> usize {
        self.faults.lock().unwrap().calls
    }

    /// Another program creates a database with a container.
    pub(crate) fn has(&self, database: &str, container: &str, partition_key: &str) {
        self.account().has(database, container, partition_key);
    }

    /// Another program deletes a container.
    pub(crate) fn loses(&self, database: &str, container: &str) {
        self.account().loses(database, container);
    }

    /// The names of the existing containers.
    pub(crate) fn containers(&self, database: &str) -> Vec<String> {
        self.account().containers(database)
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }
}
