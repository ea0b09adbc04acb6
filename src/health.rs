//! `health`: does this deployment work, and what does it stand on?

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use utoipa::{IntoParams, ToSchema};

use crate::app::{AppState, Ready};
use crate::extract::query_parameter;

const LONGEST_CHECK: Duration = Duration::from_secs(2);
/// A prober must not be able to load what it probes.
const FRESH: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Condition {
    Ok,
    Degraded,
    /// Not configured.
    Disabled,
}

/// One thing that this deployment stands on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Part {
    status: Condition,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u64>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Part {
    const DISABLED: Self = Self {
        status: Condition::Disabled,
        latency_ms: None,
        detail: None,
    };

    fn degraded(detail: impl Into<String>) -> Self {
        Self {
            status: Condition::Degraded,
            latency_ms: None,
            detail: Some(detail.into()),
        }
    }
}

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

/// The last answers of the checks.
#[derive(Debug, Default)]
pub struct HealthChecks(Mutex<Option<(Instant, Part)>>);

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
    let web_pub_sub = match app.ready() {
        // In a task of its own: a prober that hangs up early must not make the next one probe again.
        Ok(ready) => match tokio::spawn(web_pub_sub(ready)).await {
            Ok(part) => part,
            Err(_) => Part::degraded("the check was cut short"),
        },
        Err(mistakes) => Part::degraded(mistakes.to_string()),
    };
    let status = match web_pub_sub.status {
        Condition::Degraded => Condition::Degraded,
        Condition::Ok | Condition::Disabled => Condition::Ok,
    };
    let health = Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.uptime_seconds(),
        connections: None,
        services: Services {
            web_pub_sub,
            store: Part::DISABLED,
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

/// Who comes while a check runs waits for it and shares its answer.
async fn web_pub_sub(app: Arc<Ready>) -> Part {
    let mut last = app.health.0.lock().await;
    if let Some((at, part)) = &*last
        && at.elapsed() < FRESH
    {
        return part.clone();
    }
    let began = Instant::now();
    let part = match timeout(LONGEST_CHECK, app.hub.health()).await {
        Ok(Ok(())) => Part {
            status: Condition::Ok,
            latency_ms: Some(began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)),
            detail: None,
        },
        Ok(Err(error)) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the Web PubSub service is not well"
            );
            Part::degraded("it does not answer as it should")
        }
        Err(_) => Part::degraded("it did not answer within 2 seconds"),
    };
    *last = Some((began, part.clone()));
    part
}
