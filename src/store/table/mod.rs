//! Azure Table storage: a table per collection, created by the first write to it unless the
//! deployment has created it, and an entity-group transaction for several writes.

mod batch;
mod client;
mod outcome;
mod schema;
mod schema_version;

use std::ops::Range;

use async_trait::async_trait;
use serde::Deserialize;

use self::batch::{BatchResult, Failure};
use self::client::Continuation;
use self::outcome::{Outcome, classify};
use self::schema::Entity;
use self::schema_version::{SchemaVersion, create_table, found};
use super::contract::Store;
use super::limits;
use super::types::{Key, Partition, Record, StoreError, Version, Write, WriteError, Written};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::rest::{Answer, Deadline, RestError};
use crate::azure::storage_account::{
    Service, ServiceClient, SetupError, StorageAccount, StorageApi,
};
use crate::clock::Clock;

/// Records in the tables of a storage account.
#[derive(Debug)]
pub struct TableStore {
    service: ServiceClient,
    schema_version: SchemaVersion,
}

impl TableStore {
    /// Sends nothing yet.
    pub fn new(
        account: &StorageAccount,
        http_client: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let service = StorageApi::client(account, Service::Tables, http_client, clock, identities)?;
        Ok(Self {
            service,
            schema_version: SchemaVersion::default(),
        })
    }

    /// Every operation begins with this.
    async fn begin(&self) -> Result<Deadline, StoreError> {
        let deadline = Deadline::start();
        self.schema_version.ensure(&self.service, deadline).await?;
        Ok(deadline)
    }

    async fn try_write(
        &self,
        partition: &Partition,
        writes: &[Write],
        deadline: Deadline,
    ) -> Result<Outcome, WriteError> {
        let calls = writes.iter().map(|write| client::write(partition, write));
        let calls: Result<Vec<_>, _> = calls.collect();
        let calls = calls.map_err(|error| refused(error.to_string()))?;
        let batch = match calls.as_slice() {
            // Azurite corrupts non-ASCII characters of a single operation's body at the end of a
            // packet; in a batch it does not.
            [call] if call.body.is_ascii() => {
                let answer = self.service.call(call, deadline).await?;
                return Ok(match answer.status.is_success() {
                    true => Outcome::Done(written(writes, [answer.header("etag")])),
                    false => classify(writes, None, answer.status, answer.code()),
                });
            }
            calls => batch::combine(calls, |path| self.service.url(path)),
        };
        let batch = batch.map_err(|error| refused(error.to_string()))?;
        let answer = self.service.call(&batch, deadline).await?;
        if !answer.status.is_success() {
            return Ok(classify(writes, None, answer.status, answer.code()));
        }
        match batch::parse_answer(&answer.body, writes.len()) {
            BatchResult::Done(etags) => {
                let etags = etags.iter().map(Option::as_deref);
                Ok(Outcome::Done(written(writes, etags)))
            }
            BatchResult::Failed(Failure {
                position,
                status,
                code,
            }) => Ok(classify(writes, position, status, code)),
            BatchResult::Malformed => Err(WriteError::Unknown(RestError::malformed().into())),
        }
    }
}

#[async_trait]
impl Store for TableStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        let deadline = self.begin().await?;
        let call = client::record(partition, key);
        let Some(answer) = found(self.service.call(&call, deadline).await?)? else {
            return Ok(None);
        };
        Ok(Some(answer.json::<Entity>()?.into()))
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        #[derive(Deserialize)]
        struct Page {
            value: Vec<Entity>,
        }
        let mut records = Vec::new();
        if keys.is_empty() || limit == 0 {
            return Ok(records);
        }
        let deadline = self.begin().await?;
        let mut continuation = None;
        loop {
            let missing = limit - records.len();
            let keys = (&keys.start, &keys.end);
            let call = client::range(partition, keys, missing, continuation.as_ref());
            let Some(answer) = found(self.service.call(&call, deadline).await?)? else {
                return Ok(records);
            };
            let page: Page = answer.json()?;
            records.extend(page.value.into_iter().map(Record::from).take(missing));
            continuation = next_page(&answer);
            if continuation.is_none() || records.len() == limit {
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
        let deadline = self.begin().await?;
        let mut outcome = self.try_write(partition, &writes, deadline).await?;
        if outcome == Outcome::NoTable {
            let table = schema::table(partition.collection());
            create_table(&self.service, table, deadline).await?;
            outcome = self.try_write(partition, &writes, deadline).await?;
        }
        match outcome {
            Outcome::Done(written) => Ok(written),
            Outcome::Conflict { position } => Err(WriteError::Conflict { position }),
            Outcome::NoTable => Err(refused("its table was deleted again".to_owned())),
            Outcome::Refused(why) => Err(refused(why)),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        schema_version::is_recorded(&self.service, Deadline::start()).await?;
        Ok(())
    }
}

fn written<'a>(writes: &[Write], etags: impl IntoIterator<Item = Option<&'a str>>) -> Written {
    let version = |etag: &str| Version(etag.to_owned());
    let versions = etags.into_iter().map(|etag| etag.map(version));
    Written::new(writes, versions)
}

fn next_page(answer: &Answer) -> Option<Continuation> {
    let partition = answer.header("x-ms-continuation-nextpartitionkey")?;
    let row = answer.header("x-ms-continuation-nextrowkey");
    Some(Continuation {
        partition: partition.to_owned(),
        row: row.map(str::to_owned),
    })
}

fn refused(why: String) -> WriteError {
    WriteError::NotDone(StoreError::Refused(why))
}
