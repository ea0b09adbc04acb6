//! The addresses that the Web PubSub service calls: the handshake from outside, and that nothing
//! without the service's signature is accepted.

use http::header::{CONTENT_TYPE, HeaderName};
use http::{Method, StatusCode};
use webpubsub::upstream::header::{WEBHOOK_ALLOWED_ORIGIN, WEBHOOK_REQUEST_ORIGIN};

use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::{NoReply, Probe, Reply, Request};

const CHECK: &str = "webhooks";
const PATHS: [&str; 2] = ["/api/connect_event", "/api/message_event"];
/// Nobody's service.
const STRANGER: &str = "switchboard-doctor.invalid";

/// An event as the service sends it, but for its signature. Were it accepted, it would do nothing.
const EVENT: [(&str, &str); 9] = [
    ("ce-specversion", "1.0"),
    ("ce-type", "azure.webpubsub.user.message"),
    ("ce-source", "/hubs/doctor/client/switchboard-doctor"),
    ("ce-id", "1"),
    ("ce-eventname", "message"),
    ("ce-hub", "doctor"),
    ("ce-connectionid", "switchboard-doctor"),
    ("webhook-request-origin", STRANGER),
    (
        "ce-signature",
        "sha256=0000000000000000000000000000000000000000000000000000000000000000",
    ),
];

/// `service` is the host of the service, if it is known.
pub(super) async fn check(probe: &Probe, service: Option<String>) -> Vec<Finding> {
    let mut found = Vec::new();
    for path in PATHS {
        found.extend(address(probe, path, service.as_deref()).await.err());
    }
    if found.is_empty() {
        let what = match &service {
            Some(service) => format!("both let {service} in, and nobody else"),
            None => "both are reached, and let no stranger in".to_owned(),
        };
        found.push(Finding::ok(CHECK, what));
    }
    found
}

/// The first fault of one address.
async fn address(probe: &Probe, path: &str, service: Option<&str>) -> Result<(), Finding> {
    let unreachable = |why: String| {
        let what = format!("OPTIONS {path}: {why}");
        Finding::error(CHECK, &faults::WEBHOOK_UNREACHABLE, what)
    };
    let answer = handshake(probe, path, STRANGER).await;
    let answer = answer.map_err(|error| unreachable(error.to_string()))?;
    if let Some(target) = answer.redirect() {
        return Err(unreachable(format!("redirected to {target}")));
    }
    let allowed = allowed(&answer);
    if allowed
        .iter()
        .any(|origin| origin == "*" || origin == STRANGER)
    {
        let what = format!("OPTIONS {path} lets {} deliver events", allowed.join(", "));
        return Err(Finding::error(CHECK, &faults::WEBHOOK_OPEN, what));
    }
    let is_ours = answer.status.is_success()
        || answer.status == StatusCode::FORBIDDEN && answer.code().is_some();
    if !is_ours {
        return Err(unreachable(format!("status {}", answer.summary())));
    }
    unsigned(probe, path).await?;
    match service {
        Some(service) => of_service(probe, path, service).await,
        None => Ok(()),
    }
}

async fn unsigned(probe: &Probe, path: &str) -> Result<(), Finding> {
    let mut request = Request::new(Method::POST, path)
        .header(CONTENT_TYPE, "application/json")
        .body(r#"{"type":"ping"}"#);
    for (name, value) in EVENT {
        request = request.header(HeaderName::from_static(name), value);
    }
    match probe.call(request).await {
        Ok(reply) if reply.status.is_success() => {
            let what = format!("POST {path} answers {} to a forged event", reply.summary());
            Err(Finding::error(CHECK, &faults::WEBHOOK_UNSIGNED, what))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            let what = format!("POST {path}: {error}");
            Err(Finding::error(CHECK, &faults::WEBHOOK_UNREACHABLE, what))
        }
    }
}

async fn of_service(probe: &Probe, path: &str, service: &str) -> Result<(), Finding> {
    let refuses = |why: String| {
        let what = format!("OPTIONS {path} does not let {service} in: {why}");
        Finding::error(CHECK, &faults::WEBHOOK_REFUSES_SERVICE, what)
    };
    let answer = handshake(probe, path, service).await;
    let answer = answer.map_err(|error| refuses(error.to_string()))?;
    let is_allowed = allowed(&answer)
        .iter()
        .any(|o| o.eq_ignore_ascii_case(service));
    match answer.status.is_success() && is_allowed {
        true => Ok(()),
        false => Err(refuses(format!("status {}", answer.summary()))),
    }
}

async fn handshake(probe: &Probe, path: &str, origin: &str) -> Result<Reply, NoReply> {
    let request = Request::new(Method::OPTIONS, path);
    probe
        .call(request.header(WEBHOOK_REQUEST_ORIGIN, origin))
        .await
}

/// Several values may come in one line.
fn allowed(reply: &Reply) -> Vec<String> {
    let values = reply.headers.get_all(WEBHOOK_ALLOWED_ORIGIN).iter();
    let lines = values.filter_map(|value| value.to_str().ok());
    let origins = lines.flat_map(|line| line.split(','));
    origins.map(|origin| origin.trim().to_owned()).collect()
}
