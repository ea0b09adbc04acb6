//! The last requests to handlers, for the control API.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::answer::Answer;
use crate::lock::Mutex;

const MAX_CALLS: usize = 100;
/// The longest excerpt of a body.
const MAX_EXCERPT: usize = 4096;

/// The last requests, oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    enabled: bool,
    calls: Mutex<VecDeque<WebhookCall>>,
}

/// An event that was sent, with all its retries.
#[derive(Debug)]
pub(super) struct WebhookCall {
    pub(super) hub: String,
    pub(super) connection_id: Arc<str>,
    pub(super) event: String,
    pub(super) url: String,
    pub(super) duration: Duration,
    pub(super) headers: HeaderMap,
    pub(super) body: Excerpt,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Answered(StatusCode, HeaderMap, Excerpt),
    Failed(String),
}

/// The beginning of a body: a hundred whole bodies could take too much memory.
#[derive(Debug)]
pub(super) struct Excerpt(String);

impl Excerpt {
    pub(super) fn of(body: &[u8]) -> Self {
        let shown = &body[..body.len().min(MAX_EXCERPT)];
        Self(String::from_utf8_lossy(shown).into_owned())
    }
}

impl Outcome {
    pub(super) fn answered(answer: &Answer) -> Self {
        let body = Excerpt::of(&answer.body);
        Self::Answered(answer.status, answer.headers.clone(), body)
    }
}

impl Journal {
    pub(super) fn new(enabled: bool) -> Self {
        Self {
            enabled,
            calls: Mutex::default(),
        }
    }

    pub(super) fn record(&self, call: impl FnOnce() -> WebhookCall) {
        if self.enabled {
            let call = call();
            let mut calls = self.calls.lock();
            if calls.len() == MAX_CALLS {
                calls.pop_front();
            }
            calls.push_back(call);
        }
    }

    /// The newest requests, newest first.
    pub(crate) fn newest(&self, limit: usize) -> Vec<Value> {
        let calls = self.calls.lock();
        calls
            .iter()
            .rev()
            .take(limit)
            .map(WebhookCall::to_json)
            .collect()
    }
}

impl WebhookCall {
    fn to_json(&self) -> Value {
        let mut shown = json!({
            "hub": self.hub,
            "connectionId": &*self.connection_id,
            "event": self.event,
            "url": self.url,
            "durationMs": self.duration.as_secs_f64() * 1000.0,
            "headers": show_headers(&self.headers),
            "body": self.body.0,
        });
        match &self.outcome {
            Outcome::Answered(status, headers, body) => {
                shown["status"] = json!(status.as_u16());
                shown["answerHeaders"] = show_headers(headers);
                shown["answer"] = json!(body.0);
            }
            Outcome::Failed(why) => shown["failure"] = json!(why),
        }
        shown
    }
}

/// Headers by name. Values of the same name are joined with commas.
fn show_headers(headers: &HeaderMap) -> Value {
    let mut shown = BTreeMap::<_, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let so_far = shown.entry(name.as_str()).or_default();
        if !so_far.is_empty() {
            so_far.push_str(", ");
        }
        so_far.push_str(&value);
    }
    json!(shown)
}

/// Simulated network failures.
#[derive(Debug, Default)]
pub(crate) struct Faults(AtomicU32);

impl Faults {
    /// Makes this many of the next requests fail.
    pub(crate) fn plan(&self, tries: u32) {
        self.0.store(tries, Ordering::Relaxed);
    }

    /// Whether this request must fail.
    pub(super) fn take(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
    }
}
