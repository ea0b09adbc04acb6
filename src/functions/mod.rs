//! Every route on one screen, and one module for each function folder.

pub mod chat;
pub mod connect_event;
pub mod health;
pub mod host_call;
pub mod message_event;
pub mod negotiate;
pub mod openapi;
pub mod rooms;
pub mod sessions;
pub mod status;
pub mod upstream;
pub mod users;
pub mod webhooks;

use axum::middleware;
use axum::routing::{any, get};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::AppState;
use crate::config::Listen;
use crate::http::cors;
use crate::http::invocation::Edge;
use crate::http::methods;
use crate::http::problem::Problem;
use rooms::{files, invites, messages, presence, record, sanctions};

/// Every route of the API, each described where it is written.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(negotiate::from_query, negotiate::from_body))
        .routes(routes!(health::health))
        .routes(routes!(status::status))
        .routes(routes!(chat::chat))
        .routes(routes!(record::list))
        .routes(routes!(record::put, record::get, record::delete))
        .routes(routes!(messages::list, messages::create))
        .routes(routes!(files::upload, files::download))
        .routes(routes!(presence::presence))
        .routes(routes!(invites::create))
        .routes(routes!(sanctions::kick))
        .routes(routes!(sanctions::ban))
        .routes(routes!(sanctions::unban))
        .routes(routes!(sanctions::mute))
        .routes(routes!(sanctions::unmute))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::create, sessions::show))
        .routes(routes!(users::tell, users::find))
        .routes(routes!(openapi::document))
        .routes(routes!(
            webhooks::validate_connect,
            webhooks::receive_connect
        ))
        .routes(routes!(
            webhooks::validate_message,
            webhooks::receive_message
        ))
}

/// The whole handler as a service.
pub fn service(app: AppState) -> Edge {
    let (mut router, document) = api().split_for_parts();
    app.describe(openapi::finish(document));
    router = router.route("/", get(|| async { "Switchboard\n" }));
    router = match app.listen() {
        Listen::Functions(_) => router.route("/{function}", any(host_call::called_by_host)),
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
    Edge::new(router.with_state(app))
}

async fn no_such_path() -> Problem {
    Problem::not_found("nothing is at this path; `GET /api/status` lists what there is")
}
