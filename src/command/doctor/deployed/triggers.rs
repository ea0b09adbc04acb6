//! Whether a caller reaches the paths of queue and event functions, straight or by the ways that a
//! careless route leaves open.

use http::Method;
use http::header::CONTENT_TYPE;

use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::{Probe, Request};

const CHECK: &str = "triggers";
const TRIGGERS: [&str; 3] = ["broadcast", "assistant", "telemetry"];
/// A call of the host without a message: nothing can come of it.
const CALL: &str = r#"{"Data":{},"Metadata":{}}"#;

/// The ways in: without a prefix; through a parameter; through a catch-all, whose path the host
/// decodes once more.
const WAYS: [&str; 4] = [
    "/",
    "/api/",
    "/api/events/..%5C..%5C",
    "/api/rooms/%252E%252E/%252E%252E/",
];

pub(super) async fn check(probe: &Probe) -> Vec<Finding> {
    let mut found = Vec::new();
    for trigger in TRIGGERS {
        for way in WAYS {
            let path = format!("{way}{trigger}");
            let request = Request::new(Method::POST, &path)
                .header(CONTENT_TYPE, "application/json")
                .body(CALL);
            // Refusals are 4xx; whatever else answers has taken the call.
            if let Ok(reply) = probe.call(request).await
                && !reply.status.is_client_error()
                && !reply.status.is_redirection()
            {
                let what = format!("POST {path} answers {}", reply.summary());
                found.push(Finding::error(CHECK, &faults::TRIGGER_REACHABLE, what));
                break;
            }
        }
    }
    if found.is_empty() {
        let what = "no caller reaches the paths of queue and event functions";
        found.push(Finding::ok(CHECK, what));
    }
    found
}
