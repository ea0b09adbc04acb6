//! Abuse protection: before its first event, a handler must allow this origin.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::http_client::HttpClient;
use super::identity::{AWPS_VERSION, Origin, REQUEST_ORIGIN};
use crate::config::Timing;
use crate::lock::Mutex;

const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Limits configured durations to what the clock can add.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub(super) struct Validations {
    http: Arc<HttpClient>,
    timeout: Duration,
    refresh: Duration,
    known: Mutex<HashMap<(String, Origin), Arc<Validation>>>,
}

/// The result for one URL and one origin.
#[derive(Debug, Default)]
struct Validation {
    /// Set by the first check. All events wait for that one.
    checked: OnceCell<()>,
    verdict: Mutex<Option<Verdict>>,
}

#[derive(Debug, Clone, Copy)]
struct Verdict {
    allowed: bool,
    /// The result is not checked again before this time.
    fresh_until: Instant,
    pause: Duration,
}

impl Validations {
    pub(super) fn new(http: Arc<HttpClient>, timing: &Timing) -> Self {
        Self {
            http,
            timeout: timing.validation_timeout.min(MAX_PAUSE),
            refresh: timing.revalidate_after.min(MAX_PAUSE),
            known: Mutex::default(),
        }
    }

    /// Whether events may be sent to this URL.
    pub(super) async fn allow(&self, url: String, origin: &Origin) -> bool {
        let key = (url, origin.clone());
        let validation = self.validation(&key);
        validation
            .checked
            .get_or_init(|| async {
                let allowed = self.check(&key).run().await;
                validation.record(allowed, self.refresh);
            })
            .await;
        let allowed = validation
            .verdict
            .lock()
            .is_some_and(|verdict| verdict.allowed);
        if validation.is_due(self.timeout) {
            let (check, refresh) = (self.check(&key), self.refresh);
            tokio::spawn(async move {
                let allowed = check.run().await;
                validation.record(allowed, refresh);
            });
        }
        allowed
    }

    fn validation(&self, key: &(String, Origin)) -> Arc<Validation> {
        let mut known = self.known.lock();
        if let Some(validation) = known.get(key) {
            return validation.clone();
        }
        known.entry(key.clone()).or_default().clone()
    }

    fn check(&self, (url, origin): &(String, Origin)) -> Check {
        Check {
            http: self.http.clone(),
            timeout: self.timeout,
            url: url.clone(),
            origin: origin.clone(),
        }
    }
}

impl Validation {
    fn record(&self, allowed: bool, refresh: Duration) {
        let mut verdict = self.verdict.lock();
        let pause = match *verdict {
            _ if allowed => refresh,
            Some(last) if !last.allowed => (last.pause * 2).min(refresh),
            _ => FIRST_PAUSE.min(refresh),
        };
        let fresh_until = Instant::now() + pause;
        *verdict = Some(Verdict {
            allowed,
            fresh_until,
            pause,
        });
    }

    /// Returns true to one caller, who must check again. The others use the old result meanwhile.
    fn is_due(&self, timeout: Duration) -> bool {
        let now = Instant::now();
        match &mut *self.verdict.lock() {
            Some(verdict) if verdict.fresh_until <= now => {
                verdict.fresh_until = now + timeout * 2;
                true
            }
            Some(_) | None => false,
        }
    }
}

struct Check {
    http: Arc<HttpClient>,
    timeout: Duration,
    url: String,
    origin: Origin,
}

impl Check {
    async fn run(&self) -> bool {
        let allowed = match self.ask(Method::OPTIONS).await {
            // Some frameworks do not route OPTIONS.
            Some((StatusCode::NOT_FOUND, _)) => self.ask(Method::GET).await,
            answer => answer,
        }
        .is_some_and(|(status, headers)| status.is_success() && allows(&headers, &self.origin));
        if !allowed {
            tracing::warn!(
                "a handler does not allow events from {}: an OPTIONS request must answer with WebHook-Allowed-Origin",
                self.origin.host()
            );
        }
        allowed
    }

    async fn ask(&self, method: Method) -> Option<(StatusCode, HeaderMap)> {
        let request = Request::builder()
            .method(method)
            .uri(&self.url)
            .header(REQUEST_ORIGIN, self.origin.host())
            .header(AWPS_VERSION, "1.0")
            .body(Full::new(Bytes::new()))
            .ok()?;
        let answer = tokio::time::timeout(self.timeout, self.http.request(request)).await;
        let (parts, _) = answer.ok()?.ok()?.into_parts();
        Some((parts.status, parts.headers))
    }
}

/// Each header line must be one origin; a comma-separated list does not match. The origin may
/// include the port, since applications are configured either way.
fn allows(headers: &HeaderMap, origin: &Origin) -> bool {
    headers
        .get_all(ALLOWED_ORIGIN)
        .iter()
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .map(str::trim)
        .any(|allowed| {
            allowed == "*"
                || allowed.eq_ignore_ascii_case(origin.host())
                || allowed.eq_ignore_ascii_case(origin.authority())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(lines: &[&'static str]) -> bool {
        let lines = lines
            .iter()
            .map(|line| (ALLOWED_ORIGIN, HeaderValue::from_static(line)));
        allows(&HeaderMap::from_iter(lines), &Origin::new("localhost:8080"))
    }

    #[test]
    fn a_star_or_the_host_allows() {
        assert!(allowed(&["*"]));
        assert!(allowed(&["LocalHost"]));
        assert!(allowed(&["localhost:8080"]));
        assert!(allowed(&["other", "localhost"]));
    }

    #[test]
    fn other_origins_do_not_allow() {
        assert!(!allowed(&[]));
        assert!(!allowed(&["other"]));
        assert!(!allowed(&["other, localhost"]));
        assert!(!allowed(&["localhost:8081"]));
    }

    #[tokio::test]
    async fn after_a_failure_the_pause_doubles_up_to_a_minute() {
        let validation = Validation::default();
        let refresh = Duration::from_secs(60);

        let pauses: Vec<_> = (0..8)
            .map(|_| {
                validation.record(false, refresh);
                validation.verdict.lock().unwrap().pause.as_secs()
            })
            .collect();

        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
