//! `health`: whether this deployment and the services it depends on work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::Instrument;
use utoipa::{IntoParams, ToSchema};

use crate::app::AppState;
use crate::app::health_checks::{Condition, Part};
use crate::http::extract::Query;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Services {
    web_pub_sub: Part,
    store: Part,
    assistant: Part,
    iot_hub: Part,
}

/// The health of this deployment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    status: Condition,
    version: &'static str,
    uptime_seconds: u64,
    /// Open connections of the whole deployment; `null` if the service cannot list them within two
    /// seconds.
    connections: Option<u64>,
    services: Services,
}

/// The answer to `?live=1`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alive {
    status: Condition,
    version: &'static str,
    uptime_seconds: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HealthQuery {
    /// `1`: answer whether the process runs, without any check.
    live: Option<String>,
}

/// `GET /api/health`, `HEAD /api/health`
#[utoipa::path(
    get, path = "/api/health", operation_id = "getHealth", tag = "operations",
    summary = "Whether this deployment and the services it depends on work",
    security(()), params(HealthQuery),
    responses(
        (status = 200, description = "Everything required works; with `live=1` only status, version and uptime", body = Health),
        (status = 503, description = "Something required does not work", body = Health),
    )
)]
pub async fn get(State(state): State<AppState>, Query(query): Query<HealthQuery>) -> Response {
    if query.live.as_deref() == Some("1") {
        return Json(Alive {
            status: Condition::Ok,
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: state.uptime_seconds(),
        })
        .into_response();
    }
    let (web_pub_sub, store, assistant, iot_hub, connections) = match state.app() {
        // In a task, so that a caller that hangs up early does not cancel the checks for others.
        Ok(app) => {
            let checks = async move {
                let now = app.clock.seconds();
                tokio::join!(
                    app.health.web_pub_sub(&app.hub, now),
                    app.health.store(&*app.store, now),
                    app.health.assistant(&app.assistant, now),
                    app.health.iot_hub(app.iot_hub.as_ref(), now),
                    app.connection_count.get(&app.hub, now),
                )
            };
            let checked = tokio::spawn(checks.in_current_span()).await;
            checked.unwrap_or_else(|_| {
                let aborted = || Part::degraded("the check was aborted");
                (aborted(), aborted(), aborted(), aborted(), None)
            })
        }
        Err(errors) => {
            let off = Part::DISABLED;
            let wrong = Part::degraded(errors.to_string());
            (wrong, off.clone(), off.clone(), off, None)
        }
    };
    // Without an assistant or devices the rest works, so their failures are only shown.
    let status = if [&web_pub_sub, &store].iter().any(|part| part.is_degraded()) {
        Condition::Degraded
    } else {
        Condition::Ok
    };
    let health = Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: state.uptime_seconds(),
        connections,
        services: Services {
            web_pub_sub,
            store,
            assistant,
            iot_hub,
        },
    };
    let code = match status {
        Condition::Degraded => StatusCode::SERVICE_UNAVAILABLE,
        Condition::Ok | Condition::Disabled => StatusCode::OK,
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(health)).into_response()
}
