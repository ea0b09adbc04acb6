//! The client for one hub: its construction and its credentials.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::HttpClient;

use super::attempt::Attempt;
use super::http_client::LazyHttpClient;
use super::options::{Clock, HubClientOptions};
use super::retry::Sender;
use crate::access_key::AccessKey;
use crate::connection_string::{ConnectionString, ConnectionStringError};
use crate::endpoint::Endpoint;
use crate::error::ArgumentError;
use crate::hub::{HubName, HubNameError};

/// Longer than any call should take, and short enough to add to an `Instant` safely.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// By then a wait is a minute long, whatever the first one was.
const MAX_RETRIES: u32 = 20;

/// Calls the service's REST API for one hub. Cheap to clone; creating one opens no connection.
///
/// Every call is retried after a transient failure (no connection, a timeout, 408, 429, 500,
/// 502, 503 or 504). A failed attempt may still have reached the service, so messages are
/// delivered *at least* once: give each message an id if duplicates would matter.
#[derive(Clone)]
pub struct HubClient {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) endpoint: Endpoint,
    pub(super) hub: HubName,
    pub(super) key: Option<AccessKey>,
    pub(super) sender: Sender,
    pub(super) clock: Clock,
}

impl HubClient {
    /// Creates a client that authorizes with an access key. It mints client tokens locally,
    /// without a request.
    pub fn with_key(
        endpoint: Endpoint,
        key: AccessKey,
        hub: HubName,
        options: HubClientOptions,
    ) -> Self {
        let http_client = http_client(&options);
        let attempt = Attempt::with_key(key.clone(), options.clock.clone(), http_client);
        Self::new(endpoint, hub, Some(key), attempt, options)
    }

    /// Creates a client that authorizes with Microsoft Entra ID, for instance with a managed
    /// identity.
    ///
    /// The endpoint must use https, because anyone who reads a bearer token can use it.
    pub fn with_credential(
        endpoint: Endpoint,
        credential: Arc<dyn TokenCredential>,
        hub: HubName,
        options: HubClientOptions,
    ) -> Result<Self, ArgumentError> {
        if !endpoint.is_secure() {
            return Err(ArgumentError::InsecureEndpoint);
        }
        let attempt = Attempt::with_credential(credential, http_client(&options));
        Ok(Self::new(endpoint, hub, None, attempt, options))
    }

    /// Creates a client from a connection string and a hub name.
    pub fn from_connection_string(
        connection_string: &str,
        hub: &str,
        options: HubClientOptions,
    ) -> Result<Self, HubClientSetupError> {
        let parsed: ConnectionString = connection_string.parse()?;
        let hub = hub.parse()?;
        Ok(Self::with_key(
            parsed.endpoint().clone(),
            parsed.access_key().clone(),
            hub,
            options,
        ))
    }

    /// The service's address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// The hub.
    pub fn hub(&self) -> &HubName {
        &self.shared.hub
    }

    fn new(
        endpoint: Endpoint,
        hub: HubName,
        key: Option<AccessKey>,
        attempt: Attempt,
        options: HubClientOptions,
    ) -> Self {
        let sender = Sender {
            attempt,
            try_timeout: options.try_timeout,
            timeout: options.timeout.min(MAX_TIMEOUT),
            max_retries: options.max_retries.min(MAX_RETRIES),
            retry_delay: options.retry_delay,
        };
        Self {
            shared: Arc::new(Shared {
                endpoint,
                hub,
                key,
                sender,
                clock: options.clock,
            }),
        }
    }
}

impl fmt::Debug for HubClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubClient")
            .field("endpoint", &self.shared.endpoint.as_str())
            .field("hub", &self.shared.hub.as_str())
            .finish_non_exhaustive()
    }
}

/// Why a client could not be created from a connection string and a hub name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubClientSetupError {
    /// The connection string is not valid.
    #[error(transparent)]
    ConnectionString(#[from] ConnectionStringError),
    /// The hub name is not valid.
    #[error(transparent)]
    Hub(#[from] HubNameError),
}

fn http_client(options: &HubClientOptions) -> Arc<dyn HttpClient> {
    let given = options.http_client.clone();
    given.unwrap_or_else(|| Arc::new(LazyHttpClient::default()))
}
