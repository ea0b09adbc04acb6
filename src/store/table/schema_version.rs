//! Creates tables, and records and checks the version of their layout.

use http::StatusCode;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::{client, schema};
use crate::azure::rest::{Answer, Deadline};
use crate::azure::storage_account::{Part, ServiceClient, creation_error};
use crate::store::types::StoreError;

/// Filled once the tables are known to have a version that we can use.
#[derive(Debug, Default)]
pub(super) struct SchemaVersion(OnceCell<()>);

impl SchemaVersion {
    /// Checks the recorded version, or records ours if there is none. Later calls do nothing.
    pub(super) async fn ensure(
        &self,
        service: &ServiceClient,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let ensured = self.0.get_or_try_init(|| ensure_schema(service, deadline));
        deadline.limits(ensured).await??;
        Ok(())
    }
}

async fn ensure_schema(service: &ServiceClient, deadline: Deadline) -> Result<(), StoreError> {
    if is_recorded(service, deadline).await? {
        return Ok(());
    }
    let insert = client::insert_schema();
    let mut answer = service.call(&insert, deadline).await?;
    if answer.status == StatusCode::NOT_FOUND {
        let settings = schema::table(schema::SCHEMA_COLLECTION);
        create_table(service, settings, deadline).await?;
        answer = service.call(&insert, deadline).await?;
    }
    // Another instance may have been faster, and may be of a newer version.
    if answer.status.is_success() || is_recorded(service, deadline).await? {
        return Ok(());
    }
    Err(StoreError::Refused(answer.summary()))
}

/// `false` if no version is recorded; an error if a newer version than ours is.
pub(super) async fn is_recorded(
    service: &ServiceClient,
    deadline: Deadline,
) -> Result<bool, StoreError> {
    #[derive(Deserialize)]
    struct Recorded {
        #[serde(rename = "Version")]
        version: u32,
    }
    let answer = service.call(&client::schema_record(), deadline).await?;
    let Some(answer) = found(answer)? else {
        return Ok(false);
    };
    let Recorded { version } = answer.json()?;
    if version <= schema::SCHEMA_VERSION {
        return Ok(true);
    }
    Err(StoreError::Refused(format!(
        "a newer Switchboard has used its tables: their schema has version {version}, and this \
         one supports only versions up to {}",
        schema::SCHEMA_VERSION
    )))
}

pub(super) async fn create_table(
    service: &ServiceClient,
    name: &str,
    deadline: Deadline,
) -> Result<(), StoreError> {
    let answer = service.call(&client::create_table(name), deadline).await;
    let answer = answer.map_err(|error| creation_error(error, Part::Table, name))?;
    if answer.status.is_success() || answer.is(StatusCode::CONFLICT, "TableAlreadyExists") {
        return Ok(());
    }
    if answer.is(StatusCode::CONFLICT, "TableBeingDeleted") {
        let why = "its tables are being deleted; they can be created again in a minute";
        return Err(StoreError::Refused(why.to_owned()));
    }
    Err(StoreError::Refused(answer.summary()))
}

/// `None` if the record, or the whole table, does not exist.
pub(super) fn found(answer: Answer) -> Result<Option<Answer>, StoreError> {
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => Ok(Some(answer)),
        _ => Err(StoreError::Refused(answer.summary())),
    }
}
