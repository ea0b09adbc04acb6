//! Whether a service of the account answers and accepts our credential.

use http::Method;

use super::account::{Service, StorageAccount};
use super::api::StorageApi;
use super::error::SetupError;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::rest::{Call, Deadline, RestError, Retry};
use crate::clock::Clock;

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Call(#[from] RestError),
}

/// Lists one container or queue.
pub async fn check(
    account: &StorageAccount,
    service: Service,
    http: &SharedHttpClient,
    identities: &ManagedIdentities,
    clock: &Clock,
) -> Result<(), CheckError> {
    let client = StorageApi::client(account, service, http.clone(), clock.clone(), identities)?;
    let call = Call::new(Method::GET, "", Retry::Idempotent).query("comp=list&maxresults=1");
    let answer = client.call(&call, Deadline::start()).await;
    Ok(answer.map_err(RestError::from)?.require_success()?)
}
