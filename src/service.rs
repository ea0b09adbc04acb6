//! The Web PubSub service as this deployment's settings describe it.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use webpubsub::{HubClient, HubClientOptions};

use crate::clock::Clock;
use crate::config::{Credential, SealSecrets, WebPubSubConfig};
use crate::outgoing::OutgoingHttp;
use crate::seal::Sealer;

/// The settings are fine, but nothing can be built from them.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("the managed identity cannot be used")]
    Identity(#[from] azure_core::Error),
    #[error("{0}")]
    Client(#[from] webpubsub::InvalidArgument),
}

pub fn hub_client(
    config: &WebPubSubConfig,
    outgoing: &OutgoingHttp,
    clock: &Clock,
) -> Result<HubClient, ServiceError> {
    let transport: Arc<dyn HttpClient> = Arc::new(SharedTransport(outgoing.clone()));
    let now = clock.clone();
    let options = HubClientOptions {
        http_client: Some(transport.clone()),
        clock: Arc::new(move || now.system_time()),
        ..HubClientOptions::default()
    };
    let (endpoint, hub) = (config.endpoint.clone(), config.hub.clone());
    match &config.credential {
        Credential::Key(key) => Ok(HubClient::with_key(endpoint, key.clone(), hub, options)),
        Credential::ManagedIdentity { client_id, .. } => {
            // One for the whole process: it holds the cache of tokens.
            let credential =
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    client_options: ClientOptions {
                        transport: Some(Transport::new(transport)),
                        ..ClientOptions::default()
                    },
                    ..ManagedIdentityCredentialOptions::default()
                }))?;
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

/// Lets azure_core use our one HTTP client, which is built when the first call goes out.
#[derive(Debug)]
struct SharedTransport(OutgoingHttp);

#[async_trait]
impl HttpClient for SharedTransport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let client = self.0.client();
        let client = client.map_err(|error| azure_core::Error::new(ErrorKind::Io, error))?;
        HttpClient::execute_request(&client, request).await
    }
}
