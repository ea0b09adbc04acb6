//! Azure Cosmos DB, over its REST interface: a container for each shelf, a logical partition for
//! each partition, a document for each record, and a transactional batch for what is written
//! together.

mod account;
mod answer;
mod authorization;
mod batch;
mod client;
mod containers;
mod patience;
mod range;
mod refusal;
mod resource;
mod schema;
mod single;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use reqwest::StatusCode;

use self::account::{Account, Reads};
use self::answer::Answer;
use self::authorization::Authorization;
use self::client::Client;
use self::containers::{Containers, Seen};
use self::patience::Patience;
use self::range::{CONTINUATION, Page};
use self::resource::{Resource, fits_a_path};
use super::{Key, Partition, Record, Shelf, Store, StoreError, Write, WriteError};
use crate::clock::Clock;
use crate::config::CosmosConfig;
use crate::outgoing::OutgoingHttp;

/// Of which session an answer is, and a query must at least be.
const SESSION: &str = "x-ms-session-token";

/// The one small read of [`Store::check`]: no record has this name.
const CHECK: Key = Key::literal("check");

/// Records in an account of Cosmos DB.
#[derive(Debug)]
pub struct CosmosStore {
    client: Client,
    account: Account,
    containers: Containers,
}

impl CosmosStore {
    /// Remembers these; nothing is asked before the first call. `identity` is used when the
    /// settings have no key.
    pub fn new(
        config: CosmosConfig,
        identity: Arc<dyn TokenCredential>,
        outgoing: OutgoingHttp,
        clock: Clock,
    ) -> Self {
        let CosmosConfig {
            endpoint,
            credential,
            database,
            containers,
        } = config;
        let authorization = Authorization::new(&credential, &endpoint, identity);
        Self {
            client: Client::new(endpoint, authorization, outgoing, clock),
            account: Account::default(),
            containers: Containers::new(database, containers),
        }
    }

    /// What must be known before records can be read.
    async fn open(&self, shelf: Shelf, patience: Patience) -> Result<(Reads, Seen), StoreError> {
        tokio::try_join!(
            self.account.reads(&self.client, patience),
            self.containers.open(&self.client, shelf, patience),
        )
    }

    async fn read(
        &self,
        container: &Resource,
        pk: &str,
        key: &Key,
        reads: Reads,
        patience: Patience,
    ) -> Result<Option<Record>, StoreError> {
        let directly = reads == Reads::AreFresh && fits_a_path(key.as_str());
        let call = match directly {
            true => single::read(container, pk, key),
            false => batch::read(container, pk, key),
        };
        let answer = self.client.read(&call, patience).await?;
        let found = match answer.status {
            // The container, or the document in it: either way there is no such record.
            StatusCode::NOT_FOUND => None,
            StatusCode::OK if directly => Some(answer.json()?),
            StatusCode::OK | StatusCode::MULTI_STATUS => batch::found(&answer)?,
            _ => return Err(self.client.refusal(&answer)),
        };
        found.map(schema::Found::record).transpose()
    }

    /// A session that holds every write which was acknowledged until now: what any batch answers
    /// with, be it one that looks for nothing.
    async fn session(
        &self,
        container: &Resource,
        pk: &str,
        patience: Patience,
    ) -> Result<String, StoreError> {
        let call = batch::read(container, pk, &CHECK);
        let answer = self.client.read(&call, patience).await?;
        match answer.header(SESSION) {
            Some(token) => Ok(token.to_owned()),
            None => Err(self.client.refusal(&answer)),
        }
    }

    /// How a call that carries `writes` went.
    fn written(&self, answer: &Answer, writes: &[Write]) -> Result<(), WriteError> {
        match (answer.status, writes) {
            (StatusCode::OK | StatusCode::MULTI_STATUS, [_, _, ..]) => {
                batch::written(answer, writes)
            }
            (status, _) if status.is_success() => Ok(()),
            (status, [write]) if batch::came_too_late(write, status.as_u16()) => {
                Err(WriteError::Conflict { position: 0 })
            }
            _ => Err(WriteError::NotDone(self.client.refusal(answer))),
        }
    }
}
