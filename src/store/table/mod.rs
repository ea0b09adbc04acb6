//! Azure Table storage.

mod batch;
mod client;
mod form;
mod schema;
mod verdict;

use std::ops::Range;

use async_trait::async_trait;
use http::StatusCode;
use serde::Deserialize;
use tokio::sync::OnceCell;

use self::batch::{Failure, Outcome};
use self::client::Continuation;
use self::schema::Entity;
use self::verdict::{Verdict, judged};
use super::{Key, Partition, Record, Store, StoreError, Write, WriteError, limits};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::storage_account::{
    Answer, CallError, Deadline, Service, ServiceClient, SetupError, StorageAccount, StorageError,
};
use crate::clock::Clock;

/// A table for each collection, made when it is first written to.
#[derive(Debug)]
pub struct TableStore {
    service: ServiceClient,
    /// Set once it is known that the tables have the form that we know.
    ours: OnceCell<()>,
}

impl TableStore {
    /// No call goes out.
    pub fn new(
        account: &StorageAccount,
        outgoing: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let service = ServiceClient::new(account, Service::Tables, outgoing, clock, identities)?;
        Ok(Self {
            service,
            ours: OnceCell::new(),
        })
    }

    async fn try_write(
        &self,
        partition: &Partition,
        writes: &[Write],
        deadline: Deadline,
    ) -> Result<Verdict, WriteError> {
        let calls = writes.iter().map(|write| client::write(partition, write));
        let calls: Result<Vec<_>, _> = calls.collect();
        let calls = calls.map_err(|error| refused(error.to_string()))?;
        let batch = match calls.as_slice() {
            // Azurite breaks other characters of a plain operation's body where its packets end;
            // in a batch it does not.
            [call] if call.body.is_ascii() => {
                let answer = self.service.call(call, deadline).await?;
                return Ok(judged(writes, None, answer.status, answer.code()));
            }
            calls => batch::of(calls, |path| self.service.url(path)),
        };
        let batch = batch.map_err(|error| refused(error.to_string()))?;
        let answer = self.service.call(&batch, deadline).await?;
        if !answer.status.is_success() {
            return Ok(judged(writes, None, answer.status, answer.code()));
        }
        match batch::outcome(&answer.body, writes.len()) {
            Outcome::Done => Ok(Verdict::Done),
            Outcome::Failed(Failure {
                position,
                status,
                code,
            }) => Ok(judged(writes, position, status, code)),
            Outcome::Unreadable => Err(WriteError::Unknown(unreadable())),
        }
    }
}

#[async_trait]
impl Store for TableStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        let deadline = Deadline::of_one_call();
        self.ready(deadline).await?;
        let answer = self
            .service
            .call(&client::record(partition, key), deadline)
            .await?;
        let Some(answer) = found(answer)? else {
            return Ok(None);
        };
        let entity: Entity = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
        Ok(Some(entity.into()))
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
        let deadline = Deadline::of_one_call();
        self.ready(deadline).await?;
        let mut continuation = None;
        loop {
            let wanted = limit - records.len();
            let keys = (&keys.start, &keys.end);
            let call = client::range(partition, keys, wanted, continuation.as_ref());
            let Some(answer) = found(self.service.call(&call, deadline).await?)? else {
                return Ok(records);
            };
            let page: Page = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
            records.extend(page.value.into_iter().map(Record::from).take(wanted));
            continuation = next_page(&answer);
            if continuation.is_none() || records.len() == limit {
                return Ok(records);
            }
        }
    }

    async fn write(&self, partition: &Partition, writes: Vec<Write>) -> Result<(), WriteError> {
        limits::check(&writes)?;
        if writes.is_empty() {
            return Ok(());
        }
        let deadline = Deadline::of_one_call();
        self.ready(deadline).await.map_err(WriteError::NotDone)?;
        let mut verdict = self.try_write(partition, &writes, deadline).await?;
        if verdict == Verdict::NoTable {
            let created = self.create_table(schema::table(partition.collection()), deadline);
            created.await.map_err(WriteError::NotDone)?;
            verdict = self.try_write(partition, &writes, deadline).await?;
        }
        match verdict {
            Verdict::Done => Ok(()),
            Verdict::Conflict { position } => Err(WriteError::Conflict { position }),
            Verdict::NoTable => Err(refused("its table was deleted again".to_owned())),
            Verdict::Refused(said) => Err(refused(said)),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.form_is_noted(Deadline::of_one_call()).await?;
        Ok(())
    }
}

/// Nothing is there: no record, or not even the table.
fn found(answer: Answer) -> Result<Option<Answer>, StoreError> {
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => Ok(Some(answer)),
        _ => Err(StoreError::Refused(answer.summary())),
    }
}

fn next_page(answer: &Answer) -> Option<Continuation> {
    let partition = answer.header("x-ms-continuation-nextpartitionkey")?;
    let row = answer.header("x-ms-continuation-nextrowkey");
    Some(Continuation {
        partition: partition.to_owned(),
        row: row.map(str::to_owned),
    })
}

fn unreadable() -> StoreError {
    StorageError::unreadable().into()
}

fn refused(why: String) -> WriteError {
    WriteError::NotDone(StoreError::Refused(why))
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unreachable(cause) => Self::Unreachable(cause),
            StorageError::TooLong => Self::TooLong,
            StorageError::Refused(why) => Self::Refused(why),
        }
    }
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> Self {
        StorageError::from(error).into()
    }
}

impl From<CallError> for WriteError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotDone(cause) => Self::NotDone(cause.into()),
            CallError::Unknown(cause) => Self::Unknown(cause.into()),
        }
    }
}
