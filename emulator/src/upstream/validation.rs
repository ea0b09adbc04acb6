//! Abuse protection: before its first event, a handler must allow this origin.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
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

/// The answer of a handler to a validation request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Allowed,
    Refused,
    /// Nobody answered. The handler may only be down, so this is not a refusal.
    None,
}

/// What is known about one URL and one origin.
#[derive(Debug, Default)]
struct Validation {
    state: Mutex<State>,
    /// Held during a check that events wait for.
    checking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    verdict: Option<Verdict>,
    /// The number of finished checks, and the answer to the last one.
    checks: u64,
    last: Option<Answer>,
}

#[derive(Debug, Clone, Copy)]
struct Verdict {
    allowed: bool,
    /// The handler is not asked again before this time.
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

    /// Whether events may be sent to this URL. An event waits for the answer unless one is known.
    pub(super) async fn check(&self, url: String, origin: &Origin) -> Answer {
        let key = (url, origin.clone());
        let validation = self.validation(&key);
        let (verdict, checks) = validation.known();
        match verdict {
            Some(verdict) if verdict.fresh_until > Instant::now() => verdict.answer(),
            Some(Verdict { allowed: true, .. }) => {
                self.revalidate(&key, validation);
                Answer::Allowed
            }
            Some(_) | None => {
                let _checking = validation.checking.lock().await;
                if let Some(answer) = validation.answer_since(checks) {
                    return answer;
                }
                let answer = self.request(&key).run().await;
                validation.record(answer, self.refresh);
                answer
            }
        }
    }

    /// Asks again in the background.
    fn revalidate(&self, key: &(String, Origin), validation: Arc<Validation>) {
        if validation.claim(self.timeout * 2) {
            let (request, refresh) = (self.request(key), self.refresh);
            tokio::spawn(async move {
                let answer = request.run().await;
                validation.record(answer, refresh);
            });
        }
    }

    fn validation(&self, key: &(String, Origin)) -> Arc<Validation> {
        let mut known = self.known.lock();
        if let Some(validation) = known.get(key) {
            return validation.clone();
        }
        known.entry(key.clone()).or_default().clone()
    }

    fn request(&self, (url, origin): &(String, Origin)) -> ValidationRequest {
        ValidationRequest {
            http: self.http.clone(),
            timeout: self.timeout,
            url: url.clone(),
            origin: origin.clone(),
        }
    }
}

impl Validation {
    /// The verdict, and the number of checks so far.
    fn known(&self) -> (Option<Verdict>, u64) {
        let state = self.state.lock();
        (state.verdict, state.checks)
    }

    /// The answer to a check that finished after this number of checks.
    fn answer_since(&self, checks: u64) -> Option<Answer> {
        let state = self.state.lock();
        state.last.filter(|_| state.checks > checks)
    }

    /// Without an answer the verdict stays: an allowed handler may only be restarting, and any other
    /// is asked again at the next event.
    fn record(&self, answer: Answer, refresh: Duration) {
        let mut state = self.state.lock();
        state.checks += 1;
        state.last = Some(answer);
        let (allowed, pause) = match (answer, state.verdict) {
            (Answer::Allowed, _) => (true, refresh),
            (Answer::Refused, Some(last)) if !last.allowed => {
                (false, (last.pause * 2).min(refresh))
            }
            (Answer::Refused, _) => (false, FIRST_PAUSE.min(refresh)),
            (Answer::None, Some(last)) if last.allowed => (true, FIRST_PAUSE.min(refresh)),
            (Answer::None, _) => return,
        };
        state.verdict = Some(Verdict {
            allowed,
            fresh_until: Instant::now() + pause,
            pause,
        });
    }

    /// Returns true to one caller, who must check again. The others use the old verdict meanwhile.
    fn claim(&self, limit: Duration) -> bool {
        let now = Instant::now();
        match &mut self.state.lock().verdict {
            Some(verdict) if verdict.fresh_until <= now => {
                verdict.fresh_until = now + limit;
                true
            }
            Some(_) | None => false,
        }
    }
}

impl Verdict {
    fn answer(self) -> Answer {
        if self.allowed {
            Answer::Allowed
        } else {
            Answer::Refused
        }
    }
}

struct ValidationRequest {
    http: Arc<HttpClient>,
    timeout: Duration,
    url: String,
    origin: Origin,
}

impl ValidationRequest {
    async fn run(&self) -> Answer {
        let answer = match self.ask(Method::OPTIONS).await {
            // Some frameworks do not route OPTIONS.
            Some((StatusCode::NOT_FOUND, _)) => self.ask(Method::GET).await,
            answer => answer,
        };
        match answer {
            Some((status, headers)) if status.is_success() && allows(&headers, &self.origin) => {
                Answer::Allowed
            }
            Some(_) => {
                tracing::warn!(
                    "a handler does not allow events from {}: it must answer OPTIONS requests with WebHook-Allowed-Origin",
                    self.origin.host()
                );
                Answer::Refused
            }
            None => Answer::None,
        }
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
                validation.record(Answer::Refused, refresh);
                validation.known().0.unwrap().pause.as_secs()
            })
            .collect();

        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[tokio::test]
    async fn without_an_answer_the_verdict_stays() {
        let validation = Validation::default();
        let refresh = Duration::from_secs(60);
        let allowed = || validation.known().0.map(|verdict| verdict.allowed);

        validation.record(Answer::None, refresh);
        assert_eq!(allowed(), None);
        validation.record(Answer::Refused, refresh);
        validation.record(Answer::None, refresh);
        assert_eq!(allowed(), Some(false));
        validation.record(Answer::Allowed, refresh);
        validation.record(Answer::None, refresh);
        assert_eq!(allowed(), Some(true));
    }
}
