//! Answers at which the Functions host closes the caller's connection.

use http::Method;
use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};

use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::{Probe, Request};

const CHECK: &str = "answers";

/// Asks in the ways that invite such an answer, and looks back at all answers of this run.
pub(super) async fn check(probe: &Probe) -> Finding {
    let invitations = [
        Request::get("/api/health?live=1")
            .header(IF_NONE_MATCH, "*")
            .header(IF_MODIFIED_SINCE, "Fri, 31 Dec 2100 00:00:00 GMT"),
        Request::new(Method::HEAD, "/api/health?live=1"),
        Request::new(Method::OPTIONS, "/api/negotiate"),
    ];
    for request in invitations {
        // A call that fails was reported by another check.
        let _ = probe.call(request).await;
    }
    let seen = probe.answers_without_body();
    match seen.first() {
        None => Finding::ok(CHECK, "none with 204, 205 or 304"),
        Some(first) => {
            let more = match seen.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let what = format!("{first}{more}");
            Finding::error(CHECK, &faults::NO_BODY_STATUS, what)
        }
    }
}
