//! The client for one hub: its construction, its credentials and its pipeline.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, Pipeline, RetryOptions, Transport};

use super::deadline::TryTimeout;
use super::http_client::LazyHttpClient;
use super::options::{Clock, HubClientOptions};
use super::sign::SignEachTry;
use crate::access_key::AccessKey;
use crate::connection_string::{ConnectionString, ConnectionStringError};
use crate::endpoint::Endpoint;
use crate::error::ArgumentError;
use crate::hub::{HubName, HubNameError};

/// Longer than any call should take, and short enough to add to an `Instant` safely.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// azure_core doubles the wait each time and does not check for overflow.
const MAX_RETRIES: u32 = 20;

const ENTRA_SCOPE: &str = "https://webpubsub.azure.com/.default";

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
    pub(super) pipeline: Pipeline,
    pub(super) timeout: Duration,
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
        let authorize = Arc::new(SignEachTry {
            key: key.clone(),
            clock: options.clock.clone(),
        });
        Self::new(endpoint, hub, Some(key), authorize, options)
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
        let authorize = Arc::new(BearerTokenAuthorizationPolicy::new(
            credential,
            [ENTRA_SCOPE],
        ));
        Ok(Self::new(endpoint, hub, None, authorize, options))
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
        authorize: Arc<dyn Policy>,
        options: HubClientOptions,
    ) -> Self {
        let http_client = options
            .http_client
            .unwrap_or_else(|| Arc::new(LazyHttpClient::default()));
        let core_options = ClientOptions {
            retry: RetryOptions::exponential(ExponentialRetryOptions {
                // azure_core doubles the delay even before the first wait.
                initial_delay: azure_duration(options.retry_delay.min(MAX_TIMEOUT) / 2),
                max_retries: options.max_retries.min(MAX_RETRIES),
                max_total_elapsed: azure_duration(options.timeout.min(MAX_TIMEOUT)),
                ..ExponentialRetryOptions::default()
            }),
            transport: Some(Transport::new(http_client)),
            ..ClientOptions::default()
        };
        // The time limit wraps the authorization, so that an attempt includes the time a
        // credential takes to fetch a token.
        let per_try: Vec<Arc<dyn Policy>> =
            vec![Arc::new(TryTimeout(options.try_timeout)), authorize];
        let pipeline = Pipeline::new(
            option_env!("CARGO_PKG_NAME"),
            option_env!("CARGO_PKG_VERSION"),
            core_options,
            Vec::new(),
            per_try,
            None,
        );
        Self {
            shared: Arc::new(Shared {
                endpoint,
                hub,
                key,
                pipeline,
                timeout: options.timeout.min(MAX_TIMEOUT),
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

fn azure_duration(duration: Duration) -> azure_core::time::Duration {
    duration
        .try_into()
        .unwrap_or(azure_core::time::Duration::MAX)
}
