//! The Web PubSub service as this deployment's settings describe it: how to call it, and how it
//! proves that it is the one who calls.

pub mod courier;
pub mod proof;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::timeout;
use webpubsub::{HubClient, HubClientOptions};

use crate::clock::Clock;
use crate::config::{Credential, SealSecrets, WebPubSubConfig};
use crate::managed_identity::{IdentityError, ManagedIdentities};
use crate::outgoing::OutgoingHttp;
use crate::seal::Sealer;
use crate::storage_account::CannotUse;
use crate::store::CannotOpen;

/// How long a webhook may wait for the service it answers. The Functions host kills a handler
/// whose function takes minutes, and everything else it was doing with it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the message cannot be written")]
    Json(#[source] serde_json::Error),
    #[error("the service refused")]
    Service(#[from] webpubsub::Error),
    #[error("the service took too long")]
    TooLong,
}

/// Several calls side by side; the first that fails is the answer for all.
pub async fn all_in_time(
    calls: impl IntoIterator<Item = impl Future<Output = Result<(), CallError>>>,
) -> Result<(), CallError> {
    match timeout(PATIENCE, try_join_all(calls)).await {
        Ok(done) => done.map(|_| ()),
        Err(_) => Err(CallError::TooLong),
    }
}

/// The settings are fine, but nothing can be built from them.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("{0}")]
    Client(#[from] webpubsub::InvalidArgument),
    #[error(transparent)]
    Store(#[from] CannotOpen),
    #[error(transparent)]
    Attachments(#[from] CannotUse),
}

pub fn hub_client(
    config: &WebPubSubConfig,
    outgoing: &OutgoingHttp,
    identities: &ManagedIdentities,
    clock: &Clock,
) -> Result<HubClient, ServiceError> {
    let now = clock.clone();
    let options = HubClientOptions {
        http_client: Some(Arc::new(outgoing.clone())),
        clock: Arc::new(move || now.system_time()),
        try_timeout: PATIENCE,
        timeout: 2 * PATIENCE,
        ..HubClientOptions::default()
    };
    let (endpoint, hub) = (config.endpoint.clone(), config.hub.clone());
    match &config.credential {
        Credential::Key(key) => Ok(HubClient::with_key(endpoint, key.clone(), hub, options)),
        Credential::ManagedIdentity { client_id, .. } => {
            let credential = identities.credential(client_id.as_deref())?;
            Ok(HubClient::with_credential(
                endpoint, credential, hub, options,
            )?)
        }
    }
}

/// Seals for this service and hub alone.
pub fn sealer(config: &WebPubSubConfig) -> Sealer {
    let SealSecrets { first, others } = &config.seal_secrets;
    Sealer::new(
        first,
        others,
        config.endpoint.authority(),
        config.hub.as_str(),
    )
}
