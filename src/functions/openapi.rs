//! `openapi.json`: a description of the API, generated from the code.

use axum::Json;
use axum::extract::State;
use utoipa::PartialSchema;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Info, OpenApi, Server};

use crate::app::AppState;
use crate::http::problem::{self, ProblemBody};

/// `GET /api/openapi.json`
#[utoipa::path(
    get, path = "/api/openapi.json", operation_id = "getOpenApi", tag = "operations",
    summary = "This description", security(()),
    responses((status = 200, description = "An OpenAPI 3.1 document"))
)]
pub async fn get(State(state): State<AppState>) -> Json<OpenApi> {
    Json(state.openapi().clone())
}

/// Adds everything that no single route describes.
pub fn finish(mut document: OpenApi) -> OpenApi {
    let mut info = Info::new("Switchboard", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A real-time back end for Azure Functions and Azure Web PubSub. Errors are problem \
         documents (RFC 9457) with a stable `code`."
            .to_owned(),
    );
    document.info = info;
    document.servers = Some(vec![Server::new("/")]);
    let components = document.components.get_or_insert_default();
    let problem = (problem::SCHEMA.to_owned(), ProblemBody::schema());
    components.schemas.extend([problem]);
    components.add_security_scheme("bearer", bearer());
    components.add_security_scheme("signature", signature());
    document
}

fn bearer() -> SecurityScheme {
    let http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A JWT, or `API_TOKEN` for back ends"));
    SecurityScheme::Http(http.build())
}

fn signature() -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "ce-signature",
        "The Web PubSub service's signature of the connection id; with a managed identity the \
         service sends an Entra token instead",
    )))
}
