//! Posting one batch to the collector.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::otlp;
use crate::azure::http_client::{HttpClientError, SharedHttpClient};
use crate::config::TraceConfig;
use crate::logging::trace::EndedSpan;

/// A collector that asks for a longer pause is asked again all the same.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);
/// A longer answer is not read.
const MAX_ANSWER: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error(transparent)]
    Client(#[from] HttpClientError),
    /// Without its address, which may contain a password.
    #[error("it does not answer")]
    Request(#[source] reqwest::Error),
    #[error("it answered {status}")]
    Refused {
        status: StatusCode,
        retry_after: Option<Duration>,
    },
}

impl PostError {
    /// Whether the same batch may be accepted later: exactly the statuses that OTLP names.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Client(_) => false,
            Self::Request(_) => true,
            Self::Refused { status, .. } => matches!(status.as_u16(), 429 | 502 | 503 | 504),
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Client(_) | Self::Request(_) => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Collector {
    http: SharedHttpClient,
    resource: Vec<(String, String)>,
    config: TraceConfig,
}

impl Collector {
    pub(super) fn new(config: TraceConfig, instance: Uuid) -> Self {
        Self {
            http: SharedHttpClient::new(),
            resource: resource(&config, instance),
            config,
        }
    }

    pub(super) async fn post(&self, spans: &[EndedSpan]) -> Result<(), PostError> {
        let body = otlp::request(&self.resource, spans).to_string();
        let request = self
            .http
            .client()?
            .post(self.config.endpoint.clone())
            .headers(self.config.headers.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let answer = request.send().await;
        let answer = answer.map_err(|error| PostError::Request(error.without_url()))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(PostError::Refused {
                status,
                retry_after: retry_after(answer.headers()),
            });
        }
        let rejected = rejected_spans(answer).await;
        if rejected > 0 {
            tracing::warn!(
                "the trace collector rejected {rejected} of {} spans",
                spans.len()
            );
        }
        Ok(())
    }
}

/// The attributes that every span shares.
fn resource(config: &TraceConfig, instance: Uuid) -> Vec<(String, String)> {
    let own = [
        ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("service.instance.id", instance.to_string()),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    let is_given = |name: &str| config.resource.iter().any(|(given, _)| given == name);
    let missing = own.into_iter().filter(|(name, _)| !is_given(name));
    config.resource.iter().cloned().chain(missing).collect()
}

/// The number of seconds. We do not read the form with a date, as for an unknown value.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    partial_success: Option<PartialSuccess>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartialSuccess {
    #[serde(default)]
    rejected_spans: serde_json::Value,
}

/// Rejected spans must not be sent again.
async fn rejected_spans(mut answer: Response) -> u64 {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            return 0;
        }
    }
    let accepted = serde_json::from_slice::<Accepted>(&body).ok();
    let partial = accepted.and_then(|accepted| accepted.partial_success);
    partial.map_or(0, |partial| match partial.rejected_spans {
        // 64-bit numbers are text in JSON of protobuf, and readers accept both.
        serde_json::Value::String(text) => text.parse().unwrap_or(0),
        other => other.as_u64().unwrap_or(0),
    })
}
