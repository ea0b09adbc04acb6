//! What the handler is made of, put together in one place, and every route on one screen.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::middleware;
use axum::response::Response;
use axum::routing::{any, get};
use jiff::Timestamp;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use webpubsub::HubClient;

use crate::caller::Callers;
use crate::clock::{Clock, Ids};
use crate::config::{Config, Listen, Mistakes};
use crate::front::Front;
use crate::health::{self, HealthChecks};
use crate::outgoing::OutgoingHttp;
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::seal::Sealer;
use crate::service::{self, ServiceError};
use crate::webhook::{self, WebhookService};
use crate::{chat, cors, methods, negotiate, openapi, status, trigger};

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
    pub callers: Callers,
    pub sealer: Sealer,
    pub webhooks: WebhookService,
    pub hub: HubClient,
    pub negotiate_limit: RateLimit,
    pub health: HealthChecks,
}

impl Ready {
    /// Nothing here goes out to the network or takes long: a cold start waits for it.
    pub fn new(config: Config, clock: Clock, ids: &Ids) -> Result<Self, ServiceError> {
        let outgoing = OutgoingHttp::new();
        Ok(Self {
            callers: Callers::new(&config.identity, &outgoing, &clock, ids),
            sealer: service::sealer(&config.web_pubsub),
            webhooks: WebhookService::new(&config.web_pubsub.credential, &outgoing, &clock),
            hub: service::hub_client(&config.web_pubsub, &outgoing, &clock)?,
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

    pub fn openapi(&self) -> &OpenApi {
        self.0
            .openapi
            .get_or_init(|| openapi::finish(api().into_openapi()))
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
        app.ready().map_err(Problem::from)
    }
}

/// Every route of the API, each described where it is written.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(negotiate::from_query, negotiate::from_body))
        .routes(routes!(health::health))
        .routes(routes!(status::status))
        .routes(routes!(chat::chat))
        .routes(routes!(openapi::document))
        .routes(routes!(webhook::validate_connect, webhook::receive_connect))
        .routes(routes!(webhook::validate_message, webhook::receive_message))
}

/// The whole handler as a service.
pub fn service(app: AppState) -> Front {
    let mut router = api().split_for_parts().0;
    router = router.route("/", get(|| async { "Switchboard\n" }));
    router = match app.listen() {
        Listen::Functions(_) => router.route("/{function}", any(trigger::called_by_host)),
        Listen::Container(_) | Listen::Unset => router.route("/health", get(health::health)),
    };
    let router = router
        .method_not_allowed_fallback(methods::other_method)
        .fallback(no_such_path);
    let cors_origins = app
        .ready()
        .ok()
        .map(|ready| ready.config.cors_origins.clone());
    let router = match cors::Origins::new(cors_origins.unwrap_or_default()) {
        Some(origins) => router.layer(middleware::from_fn_with_state(origins, cors::add_headers)),
        None => router,
    };
    Front::new(router.with_state(app))
}

async fn no_such_path() -> Problem {
    Problem::not_found("nothing is at this path; `GET /api/status` lists what there is")
}

/// Also what a wrong path of the host's own calls gets: nothing is told about them.
pub(crate) fn nothing_here() -> Response {
    use axum::response::IntoResponse;
    Problem::not_found("nothing is at this path").into_response()
}
