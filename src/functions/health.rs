//! `health`: does this deployment work, and what does it stand on?

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::AppState;
use crate::app::health_checks::{Condition, Part};
use crate::http::extract::query_parameter;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Services {
    web_pub_sub: Part,
    store: Part,
    assistant: Part,
    iot_hub: Part,
}

/// How this deployment is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    status: Condition,
    version: &'static str,
    uptime_seconds: u64,
    /// Open connections; `null` where nobody can tell.
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
#[expect(dead_code, reason = "describes the query")]
pub struct HealthQuery {
    /// With `live=1`: only whether the process answers, without any check.
    live: Option<String>,
}

/// `GET /api/health`, `HEAD /api/health`
#[utoipa::path(
    get, path = "/api/health", summary = "Whether this deployment works, and what it stands on", tag = "operations", params(HealthQuery),
    responses(
        (status = 200, description = "All that is needed works; with `live=1` only status, version and uptime", body = Health),
        (status = 503, description = "Something that is needed does not work", body = Health),
    )
)]
pub async fn health(State(app): State<AppState>, request: Request) -> Response {
    if query_parameter(request.uri().query(), "live").as_deref() == Some("1") {
        return Json(Alive {
            status: Condition::Ok,
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: app.uptime_seconds(),
        })
        .into_response();
    }
    let (web_pub_sub, store) = match app.ready() {
        // In a task of its own: a prober that hangs up early must not make the next one probe again.
        Ok(ready) => tokio::spawn(async move {
            tokio::join!(
                ready.health.web_pub_sub(&ready.hub),
                ready.health.store(&*ready.store)
            )
        })
        .await
        .unwrap_or_else(|_| {
            let cut_short = Part::degraded("the check was cut short");
            (cut_short.clone(), cut_short)
        }),
        Err(mistakes) => (Part::degraded(mistakes.to_string()), Part::DISABLED),
    };
    let status = if [&web_pub_sub, &store].iter().any(|part| part.is_degraded()) {
        Condition::Degraded
    } else {
        Condition::Ok
    };
    let health = Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.uptime_seconds(),
        connections: None,
        services: Services {
            web_pub_sub,
            store,
            assistant: Part::DISABLED,
            iot_hub: Part::DISABLED,
        },
    };
    let code = match status {
        Condition::Degraded => StatusCode::SERVICE_UNAVAILABLE,
        Condition::Ok | Condition::Disabled => StatusCode::OK,
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(health)).into_response()
}
