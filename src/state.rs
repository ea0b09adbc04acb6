//! What all requests share, put together in one place.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use utoipa::openapi::OpenApi;
use webpubsub::HubClient;

use crate::admission::{Guesses, OpenRooms};
use crate::attachments::Attachments;
use crate::caller::Callers;
use crate::clock::{Clock, Ids};
use crate::config::{Config, Listen, Mistakes};
use crate::conversation::log::Log;
use crate::health::checks::HealthChecks;
use crate::managed_identity::ManagedIdentities;
use crate::outgoing::OutgoingHttp;
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::seal::Sealer;
use crate::service::courier::Courier;
use crate::service::proof::ServiceProof;
use crate::service::{self, ServiceError};
use crate::store::{self, Store};
use crate::sweeper::Sweeper;

/// Shared by all requests. There is no other state, and nothing in it that another instance
/// would miss.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    /// With a mistake in the settings the handler runs all the same and says what is wrong:
    /// one that exits leaves the Functions host guessing.
    ready: Result<Arc<Ready>, Mistakes>,
    listen: Listen,
    clock: Clock,
    started: Timestamp,
    openapi: OnceLock<OpenApi>,
}

/// What a handler with good settings works with.
#[derive(Debug)]
pub struct Ready {
    pub config: Config,
    pub clock: Clock,
    pub ids: Ids,
    pub callers: Callers,
    pub sealer: Sealer,
    pub proof: ServiceProof,
    pub hub: HubClient,
    pub store: Arc<dyn Store>,
    pub log: Log,
    pub courier: Courier,
    pub negotiate_limit: RateLimit,
    pub guesses: Guesses,
    pub open_rooms: OpenRooms,
    pub sweeper: Sweeper,
    /// `None` where the settings name no blob storage.
    pub attachments: Option<Attachments>,
    pub health: HealthChecks,
}

impl Ready {
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
        let outgoing = OutgoingHttp::new();
        let identities = ManagedIdentities::new(outgoing.clone());
        let hub = service::hub_client(&config.web_pubsub, &outgoing, &identities, &clock)?;
        let courier = Courier::new(hub.clone());
        let store = store::open(&config.store, &outgoing, &identities, &clock, ids)?;
        let account = config
            .storage
            .as_ref()
            .filter(|account| account.blobs.is_some());
        let attachments = account
            .map(|account| Attachments::new(account, &outgoing, &identities, &clock))
            .transpose()?;
        let store = around(store);
        Ok(Self {
            attachments,
            callers: Callers::new(&config.identity, &outgoing, &clock, ids),
            sealer: service::sealer(&config.web_pubsub),
            proof: ServiceProof::new(&config.web_pubsub.credential, &outgoing, &clock),
            log: Log::new(store.clone(), courier.clone(), clock.clone(), ids.clone()),
            hub,
            courier,
            store,
            ids: ids.clone(),
            guesses: Guesses::default(),
            open_rooms: OpenRooms::default(),
            sweeper: Sweeper::default(),
            negotiate_limit: RateLimit::new(config.negotiate_limit),
            health: HealthChecks::default(),
            clock,
            config,
        })
    }
}

impl AppState {
    pub fn new(ready: Result<Ready, Mistakes>, listen: Listen, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            ready: ready.map(Arc::new),
            listen,
            started: clock.now(),
            clock,
            openapi: OnceLock::new(),
        }))
    }

    pub fn ready(&self) -> Result<Arc<Ready>, &Mistakes> {
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
impl FromRequestParts<AppState> for Arc<Ready> {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let ready = app.ready()?;
        ready.sweeper.go_on(&ready.store);
        Ok(ready)
    }
}
