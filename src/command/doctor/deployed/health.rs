//! What the app says of itself.

use serde_json::Value;

use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::{Probe, Request};

const CHECK: &str = "health";

pub(super) async fn check(probe: &Probe) -> Vec<Finding> {
    let reply = match probe.call(Request::get("/api/health")).await {
        Ok(reply) => reply,
        Err(error) => {
            let what = format!("/api/health: {error}");
            return vec![Finding::error(CHECK, &faults::APP_DEGRADED, what)];
        }
    };
    let health = reply.json();
    let parts = health.get("services").and_then(Value::as_object);
    let parts = parts.into_iter().flatten();
    let degraded: Vec<_> = parts
        .filter_map(|(name, part)| failure(name, part))
        .collect();
    let finding = match (reply.status.is_success(), degraded.is_empty()) {
        (true, true) => match health.get("connections").and_then(Value::as_u64) {
            Some(connections) => Finding::ok(CHECK, format!("ok, {connections} connections")),
            None => Finding::ok(CHECK, "ok"),
        },
        // A part that is not needed.
        (true, false) => Finding::warning(CHECK, &faults::APP_DEGRADED, degraded.join("; ")),
        (false, false) => Finding::error(CHECK, &faults::APP_DEGRADED, degraded.join("; ")),
        (false, true) => {
            let what = format!("/api/health answers {}", reply.summary());
            Finding::error(CHECK, &faults::APP_DEGRADED, what)
        }
    };
    vec![finding]
}

fn failure(name: &str, part: &Value) -> Option<String> {
    let is_degraded = part.get("status")?.as_str()? == "degraded";
    let detail = part.get("detail").and_then(Value::as_str);
    is_degraded.then(|| format!("{name}: {}", detail.unwrap_or("degraded")))
}
