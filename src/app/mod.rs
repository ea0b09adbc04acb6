//! What all requests share, put together in one place.

pub mod health_checks;

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use utoipa::openapi::OpenApi;
use webpubsub::{HubClient, HubClientOptions};

use crate::access::admission::Admission;
use crate::access::caller::Callers;
use crate::access::caller::rights::{Administrator, Publisher};
use crate::access::rate_limit::RateLimit;
use crate::access::seal::Sealer;
use crate::access::service_proof::ServiceProof;
use crate::app::health_checks::HealthChecks;
use crate::azure::courier::Courier;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::azure::storage_account::SetupError;
use crate::azure::web_pubsub;
use crate::clock::{Clock, Ids};
use crate::config::{Config, ConfigErrors, Credential, Listen, SealSecrets, WebPubSubConfig};
use crate::conversation::attachments::Attachments;
use crate::conversation::log::MessageLog;
use crate::conversation::sweeper::Sweeper;
use crate::http::idempotency::Idempotency;
use crate::http::problem::Problem;
use crate::store::{self, OpenError, Store};

/// Shared by all requests. There is no other state, and nothing in it that another instance
/// would miss.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    /// With a mistake in the settings the handler runs all the same and says what is wrong:
    /// one that exits leaves the Functions host guessing.
    ready: Result<Arc<App>, ConfigErrors>,
    listen: Listen,
    clock: Clock,
    started: Timestamp,
    openapi: OnceLock<OpenApi>,
}

/// What a handler with good settings works with.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub ids: Ids,
    pub callers: Callers,
    pub sealer: Sealer,
    pub proof: ServiceProof,
    pub hub: HubClient,
    pub store: Arc<dyn Store>,
    pub messages: MessageLog,
    pub courier: Courier,
    pub negotiate_limit: RateLimit,
    pub admission: Admission,
    pub idempotency: Idempotency,
    pub sweeper: Sweeper,
    pub attachments: Attachments,
    pub health: HealthChecks,
}

impl App {
    /// Nothing here goes out to the network or takes long: a cold start waits for it.
    pub fn new(config: Config, clock: Clock, ids: &Ids) -> Result<Self, ServiceError> {
        Self::with_store(config, clock, ids, |store| store)
    }

    /// With something around the store that the settings name, such as a counter of its calls.
    pub fn with_store(
        config: Config,
        clock: Clock,
        ids: &Ids,
        around: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Result<Self, ServiceError> {
        let outgoing = SharedHttpClient::new();
        let identities = ManagedIdentities::new(outgoing.clone());
        let hub = hub_client(&config.web_pubsub, &outgoing, &identities, &clock)?;
        let courier = Courier::new(hub.clone());
        let store = store::open(&config.store, &outgoing, &identities, &clock, ids)?;
        let account = config
            .storage
            .as_ref()
            .filter(|account| account.blobs.is_some());
        let store = around(store);
        let attachments = Attachments::new(account, store.clone(), &outgoing, &identities, &clock)?;
        Ok(Self {
            admission: Admission::new(store.clone(), clock.clone(), config.require_known_users),
            idempotency: Idempotency::new(store.clone(), clock.clone(), ids.clone()),
            attachments,
            callers: Callers::new(&config.identity, &outgoing, &clock, ids),
            sealer: sealer(&config.web_pubsub),
            proof: ServiceProof::new(&config.web_pubsub.credential, &outgoing, &clock),
            messages: MessageLog::new(store.clone(), courier.clone(), clock.clone(), ids.clone()),
            hub,
            courier,
            store,
            ids: ids.clone(),
            sweeper: Sweeper::default(),
            negotiate_limit: RateLimit::new(config.negotiate_limit),
            health: HealthChecks::default(),
            clock,
            config,
        })
    }
}

/// The settings are fine, but nothing can be built from them.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("{0}")]
    Client(#[from] webpubsub::ArgumentError),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Attachments(#[from] SetupError),
}

pub fn hub_client(
    config: &WebPubSubConfig,
    outgoing: &SharedHttpClient,
    identities: &ManagedIdentities,
    clock: &Clock,
) -> Result<HubClient, ServiceError> {
    let now = clock.clone();
    let options = HubClientOptions {
        http_client: Some(Arc::new(outgoing.clone())),
        clock: Arc::new(move || now.system_time()),
        try_timeout: web_pubsub::TIMEOUT,
        timeout: 2 * web_pubsub::TIMEOUT,
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

impl AppState {
    pub fn new(ready: Result<App, ConfigErrors>, listen: Listen, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            ready: ready.map(Arc::new),
            listen,
            started: clock.now(),
            clock,
            openapi: OnceLock::new(),
        }))
    }

    pub fn ready(&self) -> Result<Arc<App>, &ConfigErrors> {
        self.0.ready.as_ref().map(Arc::clone)
    }

    pub fn listen(&self) -> Listen {
        self.0.listen
    }

    pub fn uptime_seconds(&self) -> u64 {
        let uptime = self.0.clock.now().as_second() - self.0.started.as_second();
        uptime.max(0).unsigned_abs()
    }

    /// What the routes say of themselves; empty until they are put together.
    pub fn openapi(&self) -> &OpenApi {
        self.0.openapi.get_or_init(OpenApi::default)
    }

    pub(crate) fn describe(&self, document: OpenApi) {
        // Said once: the routes are put together once.
        let _ = self.0.openapi.set(document);
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState")
            .field("listen", &self.0.listen)
            .finish_non_exhaustive()
    }
}

/// Handlers that need good settings take this; without them the caller is told which are bad.
impl FromRequestParts<AppState> for Arc<App> {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let ready = app.ready()?;
        ready.sweeper.sweep_in_background(&ready.store);
        Ok(ready)
    }
}

impl FromRequestParts<AppState> for Publisher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        Ok(Self::from_headers(&app.ready()?.callers, &parts.headers).await?)
    }
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        Ok(Self::from_headers(&app.ready()?.callers, &parts.headers).await?)
    }
}
