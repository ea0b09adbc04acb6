//! `openapi.json`: the API, described from the code itself.

use axum::Json;
use axum::extract::State;
use utoipa::openapi::{Info, OpenApi, Server};

use crate::app::AppState;

/// `GET /api/openapi.json`
#[utoipa::path(
    get, path = "/api/openapi.json", summary = "This description", tag = "operations",
    responses((status = 200, description = "An OpenAPI 3.1 document"))
)]
pub async fn document(State(app): State<AppState>) -> Json<OpenApi> {
    Json(app.openapi().clone())
}

/// Adds what no route says about itself.
pub fn finish(mut document: OpenApi) -> OpenApi {
    let mut info = Info::new("Switchboard", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Real-time back end for Azure Functions: Azure Web PubSub holds the sockets. Errors are \
         problem documents (RFC 9457) with a stable `code`."
            .to_owned(),
    );
    document.info = info;
    document.servers = Some(vec![Server::new("/")]);
    document
}
