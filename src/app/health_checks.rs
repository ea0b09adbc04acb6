//! The checks of `health`, each at most every few seconds.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;
use webpubsub::HubClient;

use crate::app::cached::Cached;
use crate::assistant::Assistant;
use crate::azure::iot_hub::IotHub;
use crate::store::Store;

const TIMEOUT: Duration = Duration::from_secs(2);
/// Health probes must not put load on the services.
const TTL_SECONDS: i64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    Ok,
    Degraded,
    /// Not configured.
    Disabled,
}

/// One service that this deployment depends on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    pub(crate) status: Condition,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u64>,
    /// The failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Part {
    pub(crate) const DISABLED: Self = Self {
        status: Condition::Disabled,
        latency_ms: None,
        detail: None,
    };

    pub(crate) fn is_degraded(&self) -> bool {
        self.status == Condition::Degraded
    }

    pub(crate) fn degraded(detail: impl Into<String>) -> Self {
        Self {
            status: Condition::Degraded,
            latency_ms: None,
            detail: Some(detail.into()),
        }
    }
}

/// The last results of the checks.
#[derive(Debug, Default)]
pub struct HealthChecks {
    web_pub_sub: Cached<Part>,
    store: Cached<Part>,
    assistant: Cached<Part>,
    iot_hub: Cached<Part>,
}

impl HealthChecks {
    pub(crate) async fn web_pub_sub(&self, hub: &HubClient, now: i64) -> Part {
        let check = run("the Web PubSub service", hub.health());
        self.web_pub_sub.get(now, TTL_SECONDS, check).await
    }

    pub(crate) async fn store(&self, store: &dyn Store, now: i64) -> Part {
        let check = run("the store", store.check());
        self.store.get(now, TTL_SECONDS, check).await
    }

    pub(crate) async fn assistant(&self, assistant: &Assistant, now: i64) -> Part {
        if !assistant.is_available() {
            return Part::DISABLED;
        }
        let check = run("the assistant", assistant.check());
        self.assistant.get(now, TTL_SECONDS, check).await
    }

    pub(crate) async fn iot_hub(&self, hub: Option<&IotHub>, now: i64) -> Part {
        let Some(hub) = hub else {
            return Part::DISABLED;
        };
        let check = run("the IoT hub", hub.check());
        self.iot_hub.get(now, TTL_SECONDS, check).await
    }
}

async fn run<E: std::error::Error + 'static>(
    what: &str,
    check: impl Future<Output = Result<(), E>>,
) -> Part {
    let start = Instant::now();
    match timeout(TIMEOUT, check).await {
        Ok(Ok(())) => Part {
            status: Condition::Ok,
            latency_ms: Some(start.elapsed().as_millis().try_into().unwrap_or(u64::MAX)),
            detail: None,
        },
        Ok(Err(error)) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "health check of {what} failed"
            );
            Part::degraded("its health check failed")
        }
        Err(_) => Part::degraded("it did not answer within 2 seconds"),
    }
}
