//! Azure Cosmos DB, through its REST API: a container per collection, a logical partition per
//! partition, a document per record, and a transactional batch for several writes.

mod account;
mod answer;
mod authorization;
mod batch;
mod call;
mod client;
mod containers;
mod describe;
mod point;
mod range;
mod resource;
mod schema;

use std::ops::Range;

use async_trait::async_trait;
use http::StatusCode;

use self::account::{Account, Consistency};
use self::client::{Client, CosmosApi};
use self::containers::{Containers, Ensured};
use self::range::{CONTINUATION, Page};
use self::resource::{Resource, is_addressable};
use super::contract::Store;
use super::limits;
use super::types::{
    Collection, Key, Partition, Record, StoreError, Version, Write, WriteError, Written,
};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::azure::rest::{Answer, Deadline};
use crate::clock::Clock;
use crate::config::CosmosConfig;

/// The state that an answer reflects, and that a query must at least reflect.
const SESSION: &str = "x-ms-session-token";

/// A key that no record has, for reads whose result does not matter.
const ABSENT_KEY: Key = Key::literal("~");

/// Records in an account of Cosmos DB.
#[derive(Debug)]
pub struct CosmosStore {
    client: Client,
    account: Account,
    containers: Containers,
}

impl CosmosStore {
    /// Sends nothing yet.
    pub fn new(
        config: CosmosConfig,
        http_client: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, IdentityError> {
        let CosmosConfig {
            endpoint,
            credential,
            database,
            containers,
        } = config;
        Ok(Self {
            client: CosmosApi::client(endpoint, &credential, http_client, clock, identities)?,
            account: Account::default(),
            containers: Containers::new(database, containers),
        })
    }

    /// Fetches what must be known before records can be read.
    async fn prepare(
        &self,
        collection: Collection,
        deadline: Deadline,
    ) -> Result<(Consistency, Ensured), StoreError> {
        tokio::try_join!(
            self.account.consistency(&self.client, deadline),
            self.containers.ensure(&self.client, collection, deadline),
        )
    }

    async fn read(
        &self,
        container: &Resource,
        pk: &str,
        key: &Key,
        consistency: Consistency,
        deadline: Deadline,
    ) -> Result<Option<Record>, StoreError> {
        let is_point_read = consistency == Consistency::Strong && is_addressable(key.as_str());
        let call = match is_point_read {
            true => point::read(container, pk, key),
            false => batch::read(container, pk, key),
        };
        let answer = self.client.call(&call, deadline).await?;
        let found = match answer.status {
            // Without the container, or without the document, the record does not exist.
            StatusCode::NOT_FOUND => None,
            StatusCode::OK if is_point_read => Some(answer.json()?),
            StatusCode::OK | StatusCode::MULTI_STATUS => batch::read_result(&answer)?,
            _ => return Err(self.client.refusal(&answer).into()),
        };
        found.map(schema::Document::record).transpose()
    }

    /// A session token that reflects every write acknowledged so far. Every batch returns one, so
    /// the batch reads a key that no record has. `None` if the container does not exist.
    async fn session(
        &self,
        container: &Resource,
        pk: &str,
        deadline: Deadline,
    ) -> Result<Option<String>, StoreError> {
        let call = batch::read(container, pk, &ABSENT_KEY);
        let answer = self.client.call(&call, deadline).await?;
        match (answer.status, answer.header(SESSION)) {
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (StatusCode::OK | StatusCode::MULTI_STATUS, Some(token)) => Ok(Some(token.to_owned())),
            _ => Err(self.client.refusal(&answer).into()),
        }
    }

    /// The result in the answer to `writes`.
    fn write_result(&self, answer: &Answer, writes: &[Write]) -> Result<Written, WriteError> {
        let status = answer.status;
        match point_write(writes) {
            None if matches!(status, StatusCode::OK | StatusCode::MULTI_STATUS) => {
                batch::write_result(answer, writes)
            }
            Some(_) if status.is_success() => {
                let etag = answer.header("etag");
                Ok(Written::new(
                    writes,
                    [etag.map(|etag| Version(etag.to_owned()))],
                ))
            }
            Some(write) if batch::precondition_failed(write, status.as_u16()) => {
                Err(WriteError::Conflict { position: 0 })
            }
            _ => Err(WriteError::NotDone(self.client.refusal(answer).into())),
        }
    }
}

/// The write, if it is the only one and has an address of its own.
fn point_write(writes: &[Write]) -> Option<&Write> {
    match writes {
        [write] if is_addressable(write.key().as_str()) => Some(write),
        _ => None,
    }
}

/// Whether the container does not exist. A missing document has the same status, but only a replace
/// or delete names a document.
fn is_container_missing(answer: &Answer, writes: &[Write]) -> bool {
    let names_document = matches!(
        point_write(writes),
        Some(Write::Replace { .. } | Write::Delete { .. })
    );
    answer.status == StatusCode::NOT_FOUND && !names_document
}

#[async_trait]
impl Store for CosmosStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        let (deadline, collection) = (Deadline::start(), partition.collection());
        let (consistency, _) = self.prepare(collection, deadline).await?;
        let container = self.containers.resource(collection);
        self.read(&container, partition.name(), key, consistency, deadline)
            .await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        if keys.is_empty() || limit == 0 {
            return Ok(records);
        }
        let (deadline, collection, pk) =
            (Deadline::start(), partition.collection(), partition.name());
        let (consistency, _) = self.prepare(collection, deadline).await?;
        let container = self.containers.resource(collection);
        let session = match consistency {
            Consistency::Strong => None,
            Consistency::Session => match self.session(&container, pk, deadline).await? {
                None => return Ok(records),
                session => session,
            },
        };
        let mut continuation = None;
        loop {
            let mut page = range::page(&container, pk, &keys, limit - records.len());
            for (name, value) in [(SESSION, &session), (CONTINUATION, &continuation)] {
                if let Some(value) = value {
                    page = page.text_header(name, value);
                }
            }
            let answer = self.client.call(&page, deadline).await?;
            match answer.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND if continuation.is_none() => return Ok(records),
                _ => return Err(self.client.refusal(&answer).into()),
            }
            for document in answer.json::<Page>()?.documents {
                records.push(document.record()?);
            }
            continuation = answer.header(CONTINUATION).map(str::to_owned);
            if continuation.is_none() || records.len() >= limit {
                records.truncate(limit);
                return Ok(records);
            }
        }
    }

    async fn commit(
        &self,
        partition: &Partition,
        writes: Vec<Write>,
    ) -> Result<Written, WriteError> {
        limits::check(&writes)?;
        if writes.is_empty() {
            return Ok(Written::default());
        }
        let (deadline, collection, pk) =
            (Deadline::start(), partition.collection(), partition.name());
        let container = self.containers.resource(collection);
        let call = match point_write(&writes) {
            Some(write) => point::write(&container, pk, write),
            None => batch::write(&container, pk, &writes)?,
        };
        let ensure = || self.containers.ensure(&self.client, collection, deadline);
        let ensured = ensure().await?;
        let mut answer = self.client.call(&call, deadline).await?;
        if is_container_missing(&answer, &writes) {
            self.containers.forget(collection, &ensured);
            ensure().await?;
            answer = self.client.call(&call, deadline).await?;
        }
        self.write_result(&answer, &writes)
    }

    async fn check(&self) -> Result<(), StoreError> {
        let deadline = Deadline::start();
        let consistency = self.account.fetch(&self.client, deadline).await?;
        let container = self.containers.resource(Collection::Messages);
        self.read(
            &container,
            ABSENT_KEY.as_str(),
            &ABSENT_KEY,
            consistency,
            deadline,
        )
        .await
        .map(drop)
    }
}
