//! The checks of `health`, each at most every few seconds.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;
use webpubsub::HubClient;

use crate::assistant::Assistant;
use crate::azure::iot_hub::IotHub;
use crate::store::Store;

const TIMEOUT: Duration = Duration::from_secs(2);
/// Health probes must not put load on the services.
const TTL: Duration = Duration::from_secs(5);

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

/// The last result of one check.
#[derive(Debug, Default)]
struct Check(Mutex<Option<(Instant, Part)>>);

/// The last results of the checks.
#[derive(Debug, Default)]
pub struct HealthChecks {
    web_pub_sub: Check,
    store: Check,
    assistant: Check,
    iot_hub: Check,
}

impl HealthChecks {
    pub(crate) async fn web_pub_sub(&self, hub: &HubClient) -> Part {
        self.web_pub_sub
            .run("the Web PubSub service", hub.health())
            .await
    }

    pub(crate) async fn store(&self, store: &dyn Store) -> Part {
        self.store.run("the store", store.check()).await
    }

    pub(crate) async fn assistant(&self, assistant: &Assistant) -> Part {
        if !assistant.is_available() {
            return Part::DISABLED;
        }
        self.assistant.run("the assistant", assistant.check()).await
    }

    pub(crate) async fn iot_hub(&self, hub: Option<&IotHub>) -> Part {
        match hub {
            Some(hub) => self.iot_hub.run("the IoT hub", hub.check()).await,
            None => Part::DISABLED,
        }
    }
}

impl Check {
    /// Callers during a check wait for it and share its result.
    async fn run<E: std::error::Error + 'static>(
        &self,
        what: &str,
        check: impl Future<Output = Result<(), E>>,
    ) -> Part {
        let mut last = self.0.lock().await;
        if let Some((at, part)) = &*last
            && at.elapsed() < TTL
        {
            return part.clone();
        }
        let start = Instant::now();
        let part = match timeout(TIMEOUT, check).await {
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
        };
        *last = Some((start, part.clone()));
        part
    }
}
