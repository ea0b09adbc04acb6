//! The data-plane REST API of one hub.

mod http_client;
mod options;

mod access;
mod close;
mod exists;
mod groups;
mod members;
mod permission;
mod send;

mod call;
mod deadline;
mod route;
mod sign;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, Pipeline, RetryOptions, Transport};

pub use close::CloseOptions;
pub use http_client::LazyHttpClient;
pub use members::{GroupMember, GroupMembers, ListOptions, MemberPage};
pub use options::{Clock, HubClientOptions};
pub use permission::Permission;
pub use send::{Payload, SendOptions};

use crate::{
    AccessKey, ConnectionString, Endpoint, HubName, InvalidArgument, InvalidConnectionString,
    InvalidHubName,
};
use deadline::TryTimeout;
use sign::SignEachTry;

/// Later than any call should end, and early enough for clocks not to overflow.
const LONGEST_CALL: Duration = Duration::from_secs(24 * 60 * 60);

/// azure_core doubles the wait each time, without a check for overflow.
const MOST_RETRIES: u32 = 20;

const ENTRA_SCOPE: &str = "https://webpubsub.azure.com/.default";

/// Speaks to the service about one hub. Cheap to clone; creating one opens no connection.
///
/// Every call is retried after a failure that may pass (no connection, no answer in time,
/// 408, 429, 500, 502, 503, 504). A failed try may have reached the service all the same, so
/// a message is delivered *at least* once: give messages an id if a repeat would matter.
#[derive(Clone)]
pub struct HubClient {
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: Endpoint,
    hub: HubName,
    key: Option<AccessKey>,
    pipeline: Pipeline,
    timeout: Duration,
    clock: Clock,
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
    ) -> Result<Self, InvalidArgument> {
        if !endpoint.is_secure() {
            return Err(InvalidArgument::InsecureEndpoint);
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
    ) -> Result<Self, InvalidHubClient> {
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
                initial_delay: azure_duration(options.retry_delay.min(LONGEST_CALL) / 2),
                max_retries: options.max_retries.min(MOST_RETRIES),
                max_total_elapsed: azure_duration(options.timeout.min(LONGEST_CALL)),
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
                timeout: options.timeout.min(LONGEST_CALL),
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
pub enum InvalidHubClient {
    /// The connection string.
    #[error(transparent)]
    ConnectionString(#[from] InvalidConnectionString),
    /// The hub.
    #[error(transparent)]
    Hub(#[from] InvalidHubName),
}

fn azure_duration(duration: Duration) -> azure_core::time::Duration {
    duration
        .try_into()
        .unwrap_or(azure_core::time::Duration::MAX)
}
