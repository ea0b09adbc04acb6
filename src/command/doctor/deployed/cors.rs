//! Whether browsers let a page read the app's answers, and no stranger's page.

use http::Method;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    ORIGIN,
};

use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::{NoReply, Probe, Reply, Request};

const CHECK: &str = "cors";
const STRANGER: &str = "https://switchboard-doctor.invalid";

pub(super) async fn check(probe: &Probe, origins: Vec<String>) -> Vec<Finding> {
    let mut found = Vec::new();
    for origin in &origins {
        found.extend(page(probe, origin).await.err());
    }
    if let Ok(answer) = read(probe, STRANGER).await {
        let allowed = allowed(&answer);
        if allowed
            .iter()
            .any(|value| value == "*" || value == STRANGER)
        {
            let what = format!("a page of {STRANGER} may read answers");
            found.push(Finding::warning(CHECK, &faults::CORS_ANY, what));
        }
    }
    if found.is_empty() {
        found.push(match origins.is_empty() {
            true => Finding::ok(
                CHECK,
                "strangers' pages are kept out; `--origin` checks a page",
            ),
            false => Finding::ok(CHECK, format!("pages of {} may call", origins.join(", "))),
        });
    }
    found
}

async fn page(probe: &Probe, origin: &str) -> Result<(), Finding> {
    let missing = |why: String| {
        let finding = Finding::error(CHECK, &faults::CORS_MISSING, format!("{origin}: {why}"));
        finding.fill("origin", origin)
    };
    let preflight = Request::new(Method::OPTIONS, "/api/negotiate")
        .header(ORIGIN, origin)
        .header(ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type");
    let steps = [
        ("the preflight", probe.preflight(preflight).await),
        ("an answer", read(probe, origin).await),
    ];
    for (step, answer) in steps {
        let answer = answer.map_err(|error| missing(error.to_string()))?;
        let allowed = allowed(&answer);
        if allowed.len() > 1 {
            let what = format!(
                "{step} names {} allowed origins: {}",
                allowed.len(),
                allowed.join(", ")
            );
            return Err(Finding::error(CHECK, &faults::CORS_TWICE, what));
        }
        let is_allowed = allowed.iter().any(|value| value == "*" || value == origin);
        if !answer.status.is_success() || !is_allowed {
            let status = answer.status.as_u16();
            return Err(missing(format!(
                "{step} does not name it (status {status})"
            )));
        }
    }
    Ok(())
}

async fn read(probe: &Probe, origin: &str) -> Result<Reply, NoReply> {
    probe
        .call(Request::get("/api/health?live=1").header(ORIGIN, origin))
        .await
}

/// Some front ends join two values with a comma. Browsers refuse both forms.
fn allowed(reply: &Reply) -> Vec<String> {
    let values = reply.headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter();
    let lines = values.filter_map(|value| value.to_str().ok());
    let origins = lines.flat_map(|line| line.split(','));
    origins.map(|origin| origin.trim().to_owned()).collect()
}
