//! A client for one hub: where the service is, how calls are authorized and sent.

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

/// Later than any call should end, and early enough for clocks not to overflow.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// azure_core doubles the wait each time, without a check for overflow.
const MAX_RETRIES: u32 = 20;

const ENTRA_SCOPE: &str = "https://webpubsub.azure.com/.default";

/// Speaks to the service about one hub. Cheap to clone; creating one opens no connection.
///
/// Every call is retried after a failure that may pass (no connection, no answer in time,
/// 408, 429, 500, 502, 503, 504). A failed try may have reached the service all the same, so
/// a message is delivered *at least* once: give messages an id if a repeat would matter.
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
    /// Authorizes with an access key. Client tokens are then minted here, without a request.
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

    /// Authorizes with Microsoft Entra ID, for instance a managed identity.
    ///
    /// Only over https: a bearer token is good for everything its owner may do.
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

    /// Takes endpoint and key from a connection string.
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
                // azure_core doubles it before the first wait already.
                initial_delay: azure_duration(options.retry_delay.min(MAX_TIMEOUT) / 2),
                max_retries: options.max_retries.min(MAX_RETRIES),
                max_total_elapsed: azure_duration(options.timeout.min(MAX_TIMEOUT)),
                ..ExponentialRetryOptions::default()
            }),
            transport: Some(Transport::new(http_client)),
            ..ClientOptions::default()
        };
        // The time a credential takes to fetch a token counts for the try, so the limit is
        // outside of it.
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

/// Why no client could be made from a connection string and a hub's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubClientSetupError {
    /// The connection string.
    #[error(transparent)]
    ConnectionString(#[from] ConnectionStringError),
    /// The hub.
    #[error(transparent)]
    Hub(#[from] HubNameError),
}

fn azure_duration(duration: Duration) -> azure_core::time::Duration {
    duration
        .try_into()
        .unwrap_or(azure_core::time::Duration::MAX)
}
