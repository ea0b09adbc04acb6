//! Whether a handler of ours is behind the address at all.

use http::StatusCode;

use crate::clock::Clock;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::{NoReply, Probe, Reply, Request};
use crate::command::doctor::skew;

const CHECK: &str = "address";

/// The error ends the examination.
pub(super) async fn check(probe: &Probe) -> Result<Vec<Finding>, Finding> {
    let base = probe.base();
    let reply = probe.call(Request::get("/api/health?live=1")).await;
    let reply = reply.map_err(|error| {
        let what = format!("{base}: {error}");
        let fault = match error {
            NoReply::Unreachable(_) => &faults::URL_UNREACHABLE,
            NoReply::Certificate(_) => &faults::TLS_INVALID,
            NoReply::TooLong => &faults::TOOK_TOO_LONG,
        };
        Finding::error(CHECK, fault, what).fill("address", base.as_str())
    })?;
    if let Some(target) = reply.redirect() {
        let what = format!("{base} redirects to {target}");
        return Err(Finding::error(CHECK, &faults::REDIRECTED, what));
    }
    let Some(version) = version(&reply) else {
        return Err(stranger(base.as_str(), &reply));
    };
    let mut found = vec![Finding::ok(
        CHECK,
        format!("Switchboard {version} answers at {base}"),
    )];
    let host = base.host_str().unwrap_or_default();
    found.extend(skew::check(host, &reply.headers, Clock::system().now()));
    Ok(found)
}

fn version(reply: &Reply) -> Option<String> {
    let body = reply.json();
    let is_ours = reply.status == StatusCode::OK && body.get("uptimeSeconds").is_some();
    let version = body.get("version")?.as_str()?;
    is_ours.then(|| version.to_owned())
}

fn stranger(base: &str, reply: &Reply) -> Finding {
    let status = reply.status.as_u16();
    let path = "/api/health";
    match reply.status {
        StatusCode::NOT_FOUND => {
            let what = format!("{base} answers, but knows no {path} (404)");
            Finding::error(CHECK, &faults::FUNCTION_MISSING, what)
        }
        status if status.is_server_error() => {
            let what = format!("{base} answers {} to {path}", status.as_u16());
            Finding::error(CHECK, &faults::HOST_DOWN, what)
        }
        _ => {
            let what = format!("{base} answers {status} to {path}, and not as Switchboard does");
            Finding::error(CHECK, &faults::NOT_SWITCHBOARD, what)
        }
    }
}
