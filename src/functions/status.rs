//! `status`: the version and the endpoints of this deployment.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;

use crate::app::AppState;

/// The version and the endpoints of this deployment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    name: &'static str,
    version: &'static str,
    uptime_seconds: u64,
    endpoints: Vec<EndpointEntry>,
    /// Open connections of the whole deployment; `null` if the service cannot list them within two
    /// seconds.
    active_connections: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct EndpointEntry {
    #[schema(example = "GET")]
    method: &'static str,
    #[schema(example = "/api/negotiate")]
    path: String,
    description: String,
}

/// `GET /api/status`
#[utoipa::path(
    get, path = "/api/status", operation_id = "getStatus", tag = "operations",
    summary = "The version and the endpoints of this deployment", security(()),
    responses((status = 200, description = "The version and the endpoints", body = Status))
)]
pub async fn get(State(state): State<AppState>) -> Json<Status> {
    let active_connections = match state.app() {
        Ok(app) => {
            app.connection_count
                .get(&app.hub, app.clock.seconds())
                .await
        }
        Err(_) => None,
    };
    Json(Status {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: state.uptime_seconds(),
        endpoints: endpoints(&state),
        active_connections,
    })
}

/// Reads the endpoints from the OpenAPI document.
fn endpoints(state: &AppState) -> Vec<EndpointEntry> {
    let mut entries = Vec::new();
    for (path, item) in state.openapi().paths.paths {
        let operations: [(&'static str, Option<Operation>); 5] = [
            ("GET", item.get),
            ("POST", item.post),
            ("PUT", item.put),
            ("DELETE", item.delete),
            ("OPTIONS", item.options),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                entries.push(EndpointEntry {
                    method,
                    path: path.clone(),
                    description: operation.summary.unwrap_or_default(),
                });
            }
        }
    }
    entries
}
