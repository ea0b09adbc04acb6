//! The routes, and one module for each function folder.

pub mod assistant;
pub mod broadcast;
pub mod chat;
pub mod connect_event;
pub mod devices;
pub mod events;
pub mod health;
pub mod host_call;
pub mod message_event;
pub mod negotiate;
pub mod notifications;
pub mod openapi;
pub mod queue_trigger;
pub mod rooms;
pub mod sessions;
pub mod status;
pub mod telemetry;
pub mod upstream;
pub mod users;
pub mod webhooks;

mod named_user;

use axum::routing::{any, get};
use axum::{Router, middleware};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::app::AppState;
use crate::config::Listen;
use crate::http::cors;
use crate::http::edge::Edge;
use crate::http::methods;
use crate::http::problem::Problem;
use crate::http::trace;
use devices::commands;
use rooms::{files, invites, messages, presence, record, sanctions};

/// Collects routes, with their descriptions or without.
trait Routes: Sized {
    fn routes(self, routes: UtoipaMethodRouter<AppState>) -> Self;
}

impl Routes for OpenApiRouter<AppState> {
    fn routes(self, routes: UtoipaMethodRouter<AppState>) -> Self {
        self.routes(routes)
    }
}

impl Routes for Router<AppState> {
    fn routes(self, (_, paths, handlers): UtoipaMethodRouter<AppState>) -> Self {
        let paths = paths.paths.keys();
        paths.fold(self, |router, path| router.route(path, handlers.clone()))
    }
}

/// Every route of the API; its description stands at its handler.
fn api<R: Routes>(router: R) -> R {
    router
        // For clients.
        .routes(routes!(negotiate::get, negotiate::post))
        .routes(routes!(chat::post))
        .routes(routes!(messages::list, messages::create))
        .routes(routes!(files::create, files::get))
        .routes(routes!(presence::get))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::put, sessions::get))
        .routes(routes!(notifications::create, notifications::list))
        .routes(routes!(notifications::mark_read))
        .routes(routes!(notifications::unread_count))
        .routes(routes!(devices::list::list))
        .routes(routes!(devices::telemetry::list))
        // For administrators and back ends.
        .routes(routes!(record::list))
        .routes(routes!(record::put, record::get, record::delete))
        .routes(routes!(invites::create))
        .routes(routes!(sanctions::kick))
        .routes(routes!(sanctions::ban))
        .routes(routes!(sanctions::unban))
        .routes(routes!(sanctions::mute))
        .routes(routes!(sanctions::unmute))
        .routes(routes!(users::put, users::get))
        .routes(routes!(events::create))
        .routes(routes!(commands::create))
        // For operators.
        .routes(routes!(health::get))
        .routes(routes!(status::get))
        .routes(routes!(openapi::get))
        // For the Web PubSub service.
        .routes(routes!(
            webhooks::validate_connect,
            webhooks::receive_connect
        ))
        .routes(routes!(
            webhooks::validate_message,
            webhooks::receive_message
        ))
}

/// The handler as a service.
pub fn service(state: AppState) -> Edge {
    state.describe(|| openapi::finish(api(OpenApiRouter::new()).into_openapi()));
    let mut router = api(Router::new());
    router = router.route("/", get(|| async { "Switchboard\n" }));
    router = match state.listen() {
        Listen::Functions(_) => router.route("/{function}", any(host_call::called_by_host)),
        Listen::Container(_) | Listen::Unset => router.route("/health", get(health::get)),
    };
    let router = router
        .method_not_allowed_fallback(methods::unsupported_method)
        .fallback(unknown_path);
    let cors_origins = state.app().ok().map(|app| app.config.cors_origins.clone());
    let router = match cors::Origins::new(cors_origins.unwrap_or_default()) {
        Some(origins) => router.layer(middleware::from_fn_with_state(origins, cors::add_headers)),
        None => router,
    };
    let is_traced = state.app().is_ok_and(|app| app.config.traces.is_some());
    let router = if is_traced {
        router.layer(middleware::from_fn(trace::trace_call))
    } else {
        router
    };
    Edge::new(router.with_state(state))
}

async fn unknown_path() -> Problem {
    Problem::not_found("this path does not exist; `GET /api/status` lists those that do")
}
