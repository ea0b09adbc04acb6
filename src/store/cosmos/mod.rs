//! Azure Cosmos DB, over its REST interface: a container for each collection, a logical partition for
//! each partition, a document for each record, and a transactional batch for what is written
//! together.

mod account;
mod answer;
mod authorization;
mod batch;
mod call;
mod client;
mod containers;
mod patience;
mod range;
mod refusal;
mod resource;
mod schema;
mod single;

use std::ops::Range;

use async_trait::async_trait;
use reqwest::StatusCode;

use self::account::{Account, Reads};
use self::answer::Answer;
use self::authorization::Authorization;
use self::client::Client;
use self::containers::{Containers, Seen};
use self::patience::Patience;
use self::range::{CONTINUATION, Page};
use self::resource::{Resource, fits_a_path};
use super::{Collection, Key, Partition, Record, Store, StoreError, Write, WriteError, limits};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::clock::Clock;
use crate::config::CosmosConfig;

/// Of which session an answer is, and a query must at least be.
const SESSION: &str = "x-ms-session-token";

/// What is read when it does not matter what is there: no record has this name.
const NOTHING: Key = Key::literal("~");

/// Records in an account of Cosmos DB.
#[derive(Debug)]
pub struct CosmosStore {
    client: Client,
    account: Account,
    containers: Containers,
}

impl CosmosStore {
    /// Remembers these; nothing is asked before the first call.
    pub fn new(
        config: CosmosConfig,
        outgoing: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, IdentityError> {
        let CosmosConfig {
            endpoint,
            credential,
            database,
            containers,
        } = config;
        let authorization = Authorization::new(&credential, &endpoint, identities)?;
        Ok(Self {
            client: Client::new(endpoint, authorization, outgoing, clock),
            account: Account::default(),
            containers: Containers::new(database, containers),
        })
    }

    /// What must be known before records can be read.
    async fn open(
        &self,
        collection: Collection,
        patience: Patience,
    ) -> Result<(Reads, Seen), StoreError> {
        tokio::try_join!(
            self.account.reads(&self.client, patience),
            self.containers.open(&self.client, collection, patience),
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

    /// A session that holds every write which was acknowledged until now: any batch is answered
    /// with one, be it one that looks for nothing. `None` without a container.
    async fn session(
        &self,
        container: &Resource,
        pk: &str,
        patience: Patience,
    ) -> Result<Option<String>, StoreError> {
        let call = batch::read(container, pk, &NOTHING);
        let answer = self.client.read(&call, patience).await?;
        match (answer.status, answer.header(SESSION)) {
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (StatusCode::OK | StatusCode::MULTI_STATUS, Some(token)) => Ok(Some(token.to_owned())),
            _ => Err(self.client.refusal(&answer)),
        }
    }

    /// How a call that carries `writes` went.
    fn written(&self, answer: &Answer, writes: &[Write]) -> Result<(), WriteError> {
        let status = answer.status;
        match single(writes) {
            None if matches!(status, StatusCode::OK | StatusCode::MULTI_STATUS) => {
                batch::written(answer, writes)
            }
            Some(_) if status.is_success() => Ok(()),
            Some(write) if batch::came_too_late(write, status.as_u16()) => {
                Err(WriteError::Conflict { position: 0 })
            }
            _ => Err(WriteError::NotDone(self.client.refusal(answer))),
        }
    }
}

/// The only one, if it can go by its own address.
fn single(writes: &[Write]) -> Option<&Write> {
    match writes {
        [write] if fits_a_path(write.key().as_str()) => Some(write),
        _ => None,
    }
}

/// A document that is not there says so with the same words, but only where one was named.
fn lacks_container(answer: &Answer, writes: &[Write]) -> bool {
    let names_one = matches!(
        single(writes),
        Some(Write::Replace { .. } | Write::Delete { .. })
    );
    answer.status == StatusCode::NOT_FOUND && !names_one
}

#[async_trait]
impl Store for CosmosStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        let (patience, collection) = (Patience::begins(), partition.collection());
        let (reads, _) = self.open(collection, patience).await?;
        let container = self.containers.resource(collection);
        self.read(&container, partition.name(), key, reads, patience)
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
        let (patience, collection, pk) =
            (Patience::begins(), partition.collection(), partition.name());
        let (reads, _) = self.open(collection, patience).await?;
        let container = self.containers.resource(collection);
        let session = match reads {
            Reads::AreFresh => None,
            Reads::NeedASession => match self.session(&container, pk, patience).await? {
                None => return Ok(records),
                session => session,
            },
        };
        let mut continuation = None;
        loop {
            let page = range::page(&container, pk, &keys, limit - records.len());
            let page = page.header_if(SESSION, session.as_deref());
            let page = page.header_if(CONTINUATION, continuation.as_deref());
            let answer = self.client.read(&page, patience).await?;
            match answer.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND if continuation.is_none() => return Ok(records),
                _ => return Err(self.client.refusal(&answer)),
            }
            for found in answer.json::<Page>()?.documents {
                records.push(found.record()?);
            }
            continuation = answer.header(CONTINUATION).map(str::to_owned);
            if continuation.is_none() || records.len() >= limit {
                records.truncate(limit);
                return Ok(records);
            }
        }
    }

    async fn write(&self, partition: &Partition, writes: Vec<Write>) -> Result<(), WriteError> {
        limits::check(&writes)?;
        if writes.is_empty() {
            return Ok(());
        }
        let (patience, collection, pk) =
            (Patience::begins(), partition.collection(), partition.name());
        let container = self.containers.resource(collection);
        let call = match single(&writes) {
            Some(write) => single::write(&container, pk, write),
            None => batch::write(&container, pk, &writes)?,
        };
        let open = || self.containers.open(&self.client, collection, patience);
        let seen = open().await.map_err(WriteError::NotDone)?;
        let mut answer = self.client.write(&call, patience).await?;
        if lacks_container(&answer, &writes) {
            self.containers.is_gone(collection, &seen);
            open().await.map_err(WriteError::NotDone)?;
            answer = self.client.write(&call, patience).await?;
        }
        self.written(&answer, &writes)
    }

    async fn check(&self) -> Result<(), StoreError> {
        let patience = Patience::begins();
        let reads = self.account.look(&self.client, patience).await?;
        let container = self.containers.resource(Collection::Messages);
        self.read(&container, NOTHING.as_str(), &NOTHING, reads, patience)
            .await
            .map(drop)
    }
}
