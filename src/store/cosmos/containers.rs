//! Databases and containers: found or made on first use, and made again when they are gone.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::sync::OnceCell;

use super::call::Call;
use super::client::Client;
use super::patience::Patience;
use super::resource::Resource;
use super::schema::{self, ContainerFound};
use crate::config::CosmosContainers;
use crate::store::{Collection, StoreError, WriteError};

#[derive(Debug)]
pub(super) struct Containers {
    database: String,
    names: CosmosContainers,
    seen: [Mutex<Seen>; Collection::ALL.len()],
}

/// Filled once the container is known to be there and ours.
pub(super) type Seen = Arc<OnceCell<()>>;

impl Containers {
    pub(super) fn new(database: String, names: CosmosContainers) -> Self {
        Self {
            database,
            names,
            seen: Default::default(),
        }
    }

    pub(super) fn resource(&self, collection: Collection) -> Resource {
        Resource::container(&self.database, schema::container(&self.names, collection))
    }

    /// Makes sure that the container is there; many callers ask but once.
    pub(super) async fn open(
        &self,
        client: &Client,
        collection: Collection,
        patience: Patience,
    ) -> Result<Seen, StoreError> {
        let seen = self.seen(collection).clone();
        seen.get_or_try_init(|| self.find_or_make(client, collection, patience))
            .await?;
        Ok(seen)
    }

    /// The container was not there after all. Who comes later may have seen it made again.
    pub(super) fn is_gone(&self, collection: Collection, as_seen: &Seen) {
        let mut seen = self.seen(collection);
        if Arc::ptr_eq(&seen, as_seen) {
            *seen = Seen::default();
        }
    }

    fn seen(&self, collection: Collection) -> std::sync::MutexGuard<'_, Seen> {
        let seen = &self.seen[collection as usize];
        seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find_or_make(
        &self,
        client: &Client,
        collection: Collection,
        patience: Patience,
    ) -> Result<(), StoreError> {
        schema::must_be_apart(&self.names, collection)?;
        let call = Call::new(Method::GET, self.resource(collection));
        let answer = client.read(&call, patience).await?;
        match answer.status {
            StatusCode::OK => answer.json::<ContainerFound>()?.must_be_ours(collection),
            StatusCode::NOT_FOUND => self.make(client, collection, patience).await,
            _ => Err(client.refusal(&answer)),
        }
    }

    /// In the database if it is there, else with it.
    async fn make(
        &self,
        client: &Client,
        collection: Collection,
        patience: Patience,
    ) -> Result<(), StoreError> {
        let name = schema::container(&self.names, collection);
        let container = Call::new(Method::POST, Resource::containers(&self.database))
            .json(&schema::container_definition(name));
        let database =
            Call::new(Method::POST, Resource::databases()).json(&json!({ "id": self.database }));

        let mut made = self
            .create(client, &container, collection, patience)
            .await?;
        if made == Made::WithoutDatabase {
            self.create(client, &database, collection, patience).await?;
            made = self
                .create(client, &container, collection, patience)
                .await?;
        }
        if made == Made::WithoutDatabase {
            let sentence = format!("the database {} goes away", self.database);
            return Err(StoreError::Refused(sentence));
        }
        tracing::info!(
            "made the container {name} in the database {}",
            self.database
        );
        Ok(())
    }

    async fn create(
        &self,
        client: &Client,
        call: &Call,
        collection: Collection,
        patience: Patience,
    ) -> Result<Made, StoreError> {
        // Whether it was made in the end shows when it is asked for again.
        let answer = client.write(call, patience).await;
        let answer = answer.map_err(|error| match error {
            WriteError::NotDone(error) | WriteError::Unknown(error) => error,
            WriteError::Conflict { .. } => StoreError::TooLong,
        })?;
        match answer.status {
            // Who was faster made the same.
            status if status.is_success() || status == StatusCode::CONFLICT => Ok(Made::Now),
            StatusCode::NOT_FOUND => Ok(Made::WithoutDatabase),
            StatusCode::FORBIDDEN => Err(StoreError::Refused(format!(
                "the container {} in the database {} is not there, and making it is forbidden: \
                 create both, with the partition key /pk (a managed identity can never make \
                 them, COSMOS_KEY can where the account lets it)",
                schema::container(&self.names, collection),
                self.database,
            ))),
            _ => Err(client.refusal(&answer)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Now,
    /// Not at all: what it would be in is not there.
    WithoutDatabase,
}
