//! Databases and containers: checked or created on first use, and created again if they were
//! deleted.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, StatusCode};
use serde_json::json;
use tokio::sync::OnceCell;

use super::call;
use super::client::Client;
use super::resource::Resource;
use super::schema::{self, ContainerProperties};
use crate::azure::rest::{Call, Deadline, RestError, Retry};
use crate::config::CosmosContainers;
use crate::store::types::{Collection, StoreError};

#[derive(Debug)]
pub(super) struct Containers {
    database: String,
    names: CosmosContainers,
    ensured: [Mutex<Ensured>; Collection::ALL.len()],
}

/// Filled once the container is known to exist and to be ours.
pub(super) type Ensured = Arc<OnceCell<()>>;

impl Containers {
    pub(super) fn new(database: String, names: CosmosContainers) -> Self {
        Self {
            database,
            names,
            ensured: Default::default(),
        }
    }

    pub(super) fn resource(&self, collection: Collection) -> Resource {
        Resource::container(&self.database, schema::container(&self.names, collection))
    }

    /// Makes sure that the container exists. Concurrent callers share one check.
    pub(super) async fn ensure(
        &self,
        client: &Client,
        collection: Collection,
        deadline: Deadline,
    ) -> Result<Ensured, StoreError> {
        let ensured = self.ensured(collection).clone();
        ensured
            .get_or_try_init(|| self.find_or_create(client, collection, deadline))
            .await?;
        Ok(ensured)
    }

    /// Records that the container does not exist after all, unless it was checked again since.
    pub(super) fn forget(&self, collection: Collection, known: &Ensured) {
        let mut ensured = self.ensured(collection);
        if Arc::ptr_eq(&ensured, known) {
            *ensured = Ensured::default();
        }
    }

    fn ensured(&self, collection: Collection) -> std::sync::MutexGuard<'_, Ensured> {
        let ensured = &self.ensured[collection as usize];
        ensured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find_or_create(
        &self,
        client: &Client,
        collection: Collection,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        schema::check_distinct(&self.names, collection)?;
        let container = self.resource(collection);
        let call = call::new(Method::GET, &container, Retry::Idempotent);
        let answer = client.call(&call, deadline).await?;
        match answer.status {
            StatusCode::OK => {
                let container: ContainerProperties = answer.json()?;
                container.check_partition_key(collection)
            }
            StatusCode::NOT_FOUND => self.create(client, collection, deadline).await,
            _ => Err(client.refusal(&answer).into()),
        }
    }

    /// Creates the container, and the database if it does not exist.
    async fn create(
        &self,
        client: &Client,
        collection: Collection,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let name = schema::container(&self.names, collection);
        let post = |resource| call::new(Method::POST, &resource, Retry::Unsafe);
        let container = post(Resource::containers(&self.database))
            .json(schema::container_definition(name).to_string());
        let database = post(Resource::databases()).json(json!({ "id": self.database }).to_string());

        let create = |call| self.try_create(client, call, collection, deadline);
        let mut created = create(&container).await?;
        if created == Created::NoDatabase {
            create(&database).await?;
            created = create(&container).await?;
        }
        if created == Created::NoDatabase {
            let why = format!("the database {} was deleted again", self.database);
            return Err(StoreError::Refused(why));
        }
        tracing::info!(
            "created the container {name} in the database {}",
            self.database
        );
        Ok(())
    }

    async fn try_create(
        &self,
        client: &Client,
        call: &Call,
        collection: Collection,
        deadline: Deadline,
    ) -> Result<Created, StoreError> {
        // If the outcome is unknown, the next call for this collection finds out.
        let answer = client.call(call, deadline).await.map_err(RestError::from)?;
        match answer.status {
            // A conflict means that another instance created the same.
            status if status.is_success() || status == StatusCode::CONFLICT => Ok(Created::Yes),
            StatusCode::NOT_FOUND => Ok(Created::NoDatabase),
            StatusCode::FORBIDDEN => Err(StoreError::Refused(format!(
                "the container {} in the database {} does not exist, and creating it is \
                 forbidden: deploy infra/ again, which creates both, or create them by hand, with \
                 the partition key /pk (a managed identity can never create them, COSMOS_KEY can \
                 if the account allows it)",
                schema::container(&self.names, collection),
                self.database,
            ))),
            _ => Err(client.refusal(&answer).into()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Created {
    Yes,
    /// The database to create it in does not exist.
    NoDatabase,
}
