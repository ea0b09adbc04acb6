//! The state that all requests share, built in one place.

mod cached;
pub mod connection_count;
pub mod health_checks;
pub mod presence;

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use utoipa::openapi::OpenApi;
use webpubsub::{HubClient, HubClientOptions};

use crate::access::admission::Admission;
use crate::access::caller::Callers;
use crate::access::caller::rights::{Administrator, Publisher};
use crate::access::frame_limit::FrameLimit;
use crate::access::rate_limit::RateLimit;
use crate::access::seal::Sealer;
use crate::access::service_proof::ServiceProof;
use crate::app::connection_count::ConnectionCount;
use crate::app::health_checks::HealthChecks;
use crate::app::presence::PresenceCache;
use crate::assistant::{Assistant, Model};
use crate::azure::courier::Courier;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::iot_hub::IotHub;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::azure::openai::AzureOpenAi;
use crate::azure::storage_account::SetupError;
use crate::azure::web_pubsub;
use crate::clock::{Clock, Ids};
use crate::config::{Config, ConfigErrors, Credential, Listen, SealSecrets, WebPubSubConfig};
use crate::conversation::attachments::Attachments;
use crate::conversation::log::MessageLog;
use crate::conversation::outbox::Outbox;
use crate::conversation::sweeper::Sweeper;
use crate::devices::Ingest;
use crate::feeds::inbox::Inboxes;
use crate::http::idempotency::Idempotency;
use crate::http::problem::Problem;
use crate::recordings::{self, Recordings};
use crate::store::{self, OpenError, Store, TracedStore};

/// An open chat is in everyone's list, so one user must not fill it.
const MAX_NEW_CHATS_PER_MINUTE: u32 = 10;
const MAX_QUESTIONS_PER_MINUTE: u32 = 10;

/// The state that all requests share. It holds nothing that another instance would need.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    /// With invalid settings the handler runs too and answers with the errors: if it exited, the
    /// Functions host would only restart it.
    app: Result<Arc<App>, ConfigErrors>,
    listen: Listen,
    clock: Clock,
    started: Timestamp,
    openapi: OnceLock<fn() -> OpenApi>,
}

/// Everything that handlers need, built from valid settings.
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
    pub inboxes: Inboxes,
    pub negotiate_limit: RateLimit,
    pub create_chat_limit: RateLimit,
    pub frame_limit: FrameLimit,
    pub admission: Admission,
    pub idempotency: Idempotency,
    pub sweeper: Sweeper,
    pub outbox: Outbox,
    pub attachments: Attachments,
    pub ingest: Ingest,
    /// `None` if no hub is configured.
    pub iot_hub: Option<IotHub>,
    pub health: HealthChecks,
    pub presence: PresenceCache,
    pub assistant: Assistant,
    pub recordings: Recordings,
    /// Questions of `POST /api/chat`, each of which may cost tokens.
    pub question_limit: RateLimit,
    pub connection_count: ConnectionCount,
}

impl App {
    /// Makes no network calls and takes little time, because a cold start waits for it.
    pub fn new(config: Config, clock: Clock, ids: &Ids) -> Result<Self, ServiceError> {
        Self::with_store(config, clock, ids, |store| store)
    }

    /// Wraps the store, for example to count its calls.
    pub fn with_store(
        config: Config,
        clock: Clock,
        ids: &Ids,
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
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
        let store = match &config.traces {
            Some(_) => Arc::new(TracedStore::new(store, &config.store)),
            None => store,
        };
        let store = wrap(store);
        let attachments = Attachments::new(account, store.clone(), &outgoing, &identities, &clock)?;
        let outbox = Outbox::new(config.storage.as_ref(), &outgoing, &identities, &clock)?;
        let sweeper = Sweeper::new(outbox.clone());
        let messages = MessageLog::new(
            store.clone(),
            courier.clone(),
            outbox.clone(),
            clock.clone(),
            ids.clone(),
            config.broadcast_window,
        );
        let openai = azure_openai(&config, &outgoing, &identities)?;
        let recordings = Recordings::new(
            recordings::Parts {
                service: openai.clone().filter(|service| service.transcribes()),
                store: store.clone(),
                courier: courier.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
            },
            account,
            &outgoing,
            &identities,
        )?;
        let assistant = Assistant::new(
            &config.assistant,
            model(&config, openai),
            store.clone(),
            messages.clone(),
            courier.clone(),
            outbox.clone(),
            clock.clone(),
        );
        let iot_hub = config.devices.hub.as_ref();
        let iot_hub = iot_hub.map(|hub| IotHub::new(hub, &outgoing, &identities, &clock));
        Ok(Self {
            assistant,
            recordings,
            messages,
            admission: Admission::new(store.clone(), clock.clone(), config.require_known_users),
            idempotency: Idempotency::new(store.clone(), clock.clone(), ids.clone()),
            attachments,
            callers: Callers::new(&config.identity, &outgoing, &clock, ids),
            sealer: sealer(&config.web_pubsub),
            proof: ServiceProof::new(&config.web_pubsub.credential, &outgoing, &clock),
            inboxes: Inboxes::new(
                store.clone(),
                courier.clone(),
                clock.clone(),
                config.notification_ttl_days,
            ),
            ingest: Ingest::new(
                store.clone(),
                courier.clone(),
                clock.clone(),
                config.devices.keep,
            ),
            iot_hub: iot_hub.transpose()?,
            hub,
            courier,
            store,
            ids: ids.clone(),
            sweeper,
            outbox,
            negotiate_limit: RateLimit::new(config.negotiate_limit),
            create_chat_limit: RateLimit::new(Some(MAX_NEW_CHATS_PER_MINUTE)),
            question_limit: RateLimit::new(Some(MAX_QUESTIONS_PER_MINUTE)),
            frame_limit: FrameLimit::new(config.frame_limit),
            health: HealthChecks::default(),
            presence: PresenceCache::default(),
            connection_count: ConnectionCount::default(),
            clock,
            config,
        })
    }
}

/// The settings are valid, but a service cannot be built from them.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("{0}")]
    Client(#[from] webpubsub::ArgumentError),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    StorageAccount(#[from] SetupError),
    #[error("{0}")]
    OpenAi(#[source] IdentityError),
}

fn azure_openai(
    config: &Config,
    outgoing: &SharedHttpClient,
    identities: &ManagedIdentities,
) -> Result<Option<Arc<AzureOpenAi>>, ServiceError> {
    let account = config.assistant.model.as_ref();
    let service = account.map(|account| AzureOpenAi::new(account, outgoing.clone(), identities));
    let service = service.transpose().map_err(ServiceError::OpenAi)?;
    Ok(service.map(Arc::new))
}

/// The model that the settings name. In `dev` without one, the demo model.
#[cfg_attr(
    not(feature = "dev"),
    expect(unused_variables, reason = "only `dev` has another model")
)]
fn model(config: &Config, openai: Option<Arc<AzureOpenAi>>) -> Option<Model> {
    match openai {
        Some(service) => Some(Model::AzureOpenAi(service)),
        #[cfg(feature = "dev")]
        None if config.is_in_dev => Some(Model::Demo),
        None => None,
    }
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

/// A sealer for this service and hub only.
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
    pub fn new(app: Result<App, ConfigErrors>, listen: Listen, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            app: app.map(Arc::new),
            listen,
            started: clock.now(),
            clock,
            openapi: OnceLock::new(),
        }))
    }

    pub fn app(&self) -> Result<Arc<App>, &ConfigErrors> {
        self.0.app.as_ref().map(Arc::clone)
    }

    pub fn listen(&self) -> Listen {
        self.0.listen
    }

    pub fn uptime_seconds(&self) -> u64 {
        let uptime = self.0.clock.now().as_second() - self.0.started.as_second();
        uptime.max(0).unsigned_abs()
    }

    /// The description of the routes; empty until `describe` sets it. It is built for each call:
    /// few ask for it, and it takes more memory than everything else that an idle handler holds.
    pub fn openapi(&self) -> OpenApi {
        let document = self.0.openapi.get();
        document.map(|document| document()).unwrap_or_default()
    }

    pub(crate) fn describe(&self, document: fn() -> OpenApi) {
        // The routes are built only once, so this cannot fail.
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

/// Handlers that need valid settings take this; without them the answer lists the errors.
impl FromRequestParts<AppState> for Arc<App> {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let app = state.app()?;
        app.sweeper
            .sweep_in_background(&app.store, &app.attachments, app.clock.now());
        Ok(app)
    }
}

impl FromRequestParts<AppState> for Publisher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self::from_headers(&state.app()?.callers, &parts.headers).await?)
    }
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self::from_headers(&state.app()?.callers, &parts.headers).await?)
    }
}
