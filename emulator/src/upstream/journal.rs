//! The last calls to handlers, for people who test.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use crate::lock::Mutex;

const KEPT: usize = 100;
/// What is shown of a body.
const SHOWN: usize = 4096;

/// The last calls, oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    enabled: bool,
    calls: Mutex<VecDeque<Call>>,
}

/// One event that was sent, with all its repeats.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) hub: String,
    pub(super) connection_id: Arc<str>,
    pub(super) event: String,
    pub(super) id: u64,
    pub(super) url: String,
    pub(super) time: String,
    pub(super) duration: Duration,
    pub(super) body: Bytes,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Answered(StatusCode, Bytes),
    Failed(String),
}

impl Journal {
    pub(super) fn new(enabled: bool) -> Self {
        Self {
            enabled,
            calls: Mutex::default(),
        }
    }

    pub(super) fn record(&self, call: impl FnOnce() -> Call) {
        if self.enabled {
            let call = call();
            let mut calls = self.calls.lock();
            if calls.len() == KEPT {
                calls.pop_front();
            }
            calls.push_back(call);
        }
    }

    /// The newest of them, newest first.
    pub(crate) fn newest(&self, limit: usize) -> Vec<Value> {
        let calls = self.calls.lock();
        calls.iter().rev().take(limit).map(Call::to_json).collect()
    }
}

impl Call {
    fn to_json(&self) -> Value {
        let mut shown = json!({
            "hub": self.hub,
            "connectionId": &*self.connection_id,
            "event": self.event,
            "id": self.id,
            "url": self.url,
            "time": self.time,
            "durationMs": self.duration.as_secs_f64() * 1000.0,
            "body": excerpt(&self.body),
        });
        match &self.outcome {
            Outcome::Answered(status, body) => {
                shown["status"] = json!(status.as_u16());
                shown["answer"] = json!(excerpt(body));
            }
            Outcome::Failed(why) => shown["failure"] = json!(why),
        }
        shown
    }
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(SHOWN)]).into_owned()
}

/// Calls that are to fail as if the network had.
#[derive(Debug, Default)]
pub(crate) struct Faults(AtomicU32);

impl Faults {
    /// The next tries, as many as this.
    pub(crate) fn plan(&self, tries: u32) {
        self.0.store(tries, Ordering::Relaxed);
    }

    /// Whether this try is one of them.
    pub(super) fn strike(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
    }
}
